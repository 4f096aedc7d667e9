import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A process, named for good: a pid alone may be another's by now. */
export interface WorkerRecord {
  pid: number;
  /** When it started, in clock ticks since boot, as proc_pid_stat(5) has it. */
  startedAt: string;
}

const pollMs = 50;
/** So long the kernel may take to take a process apart. */
const killedMs = 5_000;

/** Which workers there are, kept so that the next server finds those that this one leaves behind when it is killed. */
export interface WorkerRecords {
  /** Those that still run. */
  left(): WorkerRecord[];
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
  records: readonly WorkerRecord[],
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

function readKept(file: string): WorkerRecord[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as WorkerRecord[];
  } catch {
    // None was ever kept, or it was being written when the machine went down, which no worker has outlived.
    return [];
  }
}

function isRunning({ pid, startedAt }: WorkerRecord): boolean {
  return startOf(pid) === startedAt;
}

/** Null where there is no such process, or it has ended and nobody has asked how. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
