import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isRunning, type ProcessName, startOf } from "./process-name.ts";

const pollMs = 50;
/** So long the kernel may take to take a process apart. */
const killedMs = 5_000;

/** Which workers there are, kept so that the next server finds those that this one leaves behind when it is killed. */
export interface WorkerRecords {
  /** Those that still run. */
  left(): ProcessName[];
  /** Keeps these pids, and no others. */
  keep(pids: readonly number[]): void;
}

export function openWorkerRecords(home: string): WorkerRecords {
  const file = join(home, "router", "workers.json");
  return {
    left() {
      const kept = readKept(file);
      return kept.filter(isRunning);
    },
    keep(pids) {
      const records = pids.flatMap((pid) => {
        const startedAt = startOf(pid);
        return startedAt === null ? [] : [{ pid, startedAt }];
      });
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.new`, JSON.stringify(records), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}

/** Asks them to end, and ends those that have not after `graceMs`. */
export async function endWorkers(
  records: readonly ProcessName[],
  { sleep, graceMs }: { sleep(ms: number): Promise<void>; graceMs: number },
): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", killedMs],
  ] as const) {
    for (const record of records) if (isRunning(record)) kill(record.pid, signal);
    for (let waitedMs = 0; records.some(isRunning) && waitedMs < patienceMs; waitedMs += pollMs) await sleep(pollMs);
  }
}

function readKept(file: string): ProcessName[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessName[];
  } catch {
    // None was ever kept, or it was being written when the machine went down, which no worker has outlived.
    return [];
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
