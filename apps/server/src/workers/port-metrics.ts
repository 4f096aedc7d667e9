import { mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { hasCode, type Log } from "@berth/core";
import { addUp, countsOf, type Metric } from "@berth/router";
import { isRunning, nameText, type ProcessName, readName } from "./process-name.ts";

export interface PortMetricsDeps {
  /** BERTH_HOME, an absolute path. */
  home: string;
  own: ProcessName;
  /** What this process counts. */
  metrics(): Metric[];
  log: Log;
}

/** What all processes at a port count, told by any of them. */
export interface PortMetrics {
  /** Resolves once the others can ask this process, or never will. */
  listening: Promise<void>;
  /** Of all that run, with what those have counted that are gone. No count that was told is ever told smaller, whichever of them is asked. */
  all(): Promise<Metric[]>;
  /** Takes over what those have counted that are gone. One process alone does so. */
  adopt(): void;
  /** Keeps what this process has counted for those that go on. */
  close(): void;
}

/** What one process tells the others. */
interface Told {
  metrics: readonly Metric[];
  /** What processes have counted that are gone, by whom it was adopted. */
  past: readonly Metric[];
  /** Those whose counts are in `past`. */
  adopted: readonly string[];
}

/** What is kept of a process, should it be killed. */
type Kept = Omit<Told, "metrics">;

const askTimeoutMs = 1_000;
/** Their files are removed as they are adopted: of these somebody may still have read one. */
const keptAdopted = 100;
const mostPast = 20_000;
/** A file may be adopted between being listed and being read. */
const attempts = 5;

const folderOf = (home: string) => join(home, "router", "processes");

/** Forgets what was counted: nobody else listens at the port. */
export function clearCounts(home: string): void {
  rmSync(folderOf(home), { recursive: true, force: true });
}

/**
 * Opens a socket at which the others ask this process. What it tells them it keeps in a file first: so what was told once is not lost with it.
 * What it has counted after it was last asked is lost where it is killed, as with any process that Prometheus asks.
 */
export function openPortMetrics({ home, own, metrics, log }: PortMetricsDeps): PortMetrics {
  const folder = folderOf(home);
  const name = nameText(own);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The address of a socket holds some 100 bytes, and the path of a home may be longer.
  const place = `/proc/self/fd/${openSync(folder, "r")}`;
  let past: readonly Metric[] = [];
  let adopted: readonly string[] = [];

  const server = createServer((_, response) => void response.end(JSON.stringify(tell())));
  const listening = new Promise<void>((resolve) => {
    server.once("error", (error) => {
      log.error({ err: error, folder }, "the other processes at this port cannot ask this one for its metrics");
      resolve();
    });
    server.listen(join(place, `${name}.sock`), resolve).unref();
  });

  function keep(counted: readonly Metric[]): void {
    const kept: Kept = { past: addUpCounts([counted, past]), adopted };
    const file = join(folder, `${name}.json`);
    try {
      writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      log.warn(
        { err: error, file },
        "what is told by metrics could not be kept: should this process be killed, they begin again at 0",
      );
    }
  }

  function tell(): Told {
    const counted = metrics();
    keep(counted);
    return { metrics: counted, past, adopted };
  }

  async function ask(other: string, hasFile: boolean): Promise<Told> {
    try {
      return JSON.parse(await get(join(place, `${other}.sock`))) as Told;
    } catch {
      // It was never asked, so that nothing it has counted was told.
      if (!hasFile) return { metrics: [], past: [], adopted: [] };
      return { metrics: [], ...readKept(folder, other) };
    }
  }

  async function askAll(): Promise<Metric[]> {
    const others = readOthers(folder, name);
    const told = await Promise.all(
      [...others].map(async ([other, hasFile]) => ({ other, ...(await ask(other, hasFile)) })),
    );
    const all = [{ other: name, ...tell() }, ...told];
    const isIn = new Set(all.flatMap((one) => one.adopted));
    const counted = all.filter(({ other }) => !isIn.has(other));
    return addUp(
      counted.map((one) => one.metrics),
      counted.map((one) => one.past),
    );
  }

  return {
    listening,
    async all() {
      for (let attempt = 1; ; attempt++) {
        try {
          return await askAll();
        } catch (error) {
          if (!hasCode(error, "ENOENT") || attempt === attempts) throw error;
        }
      }
    },
    adopt() {
      for (const [other, hasFile] of readOthers(folder, name)) {
        const process = readName(other);
        if (process !== null && isRunning(process)) continue;
        if (hasFile) {
          const left = readKept(folder, other);
          past = withoutGone(addUpCounts([past, left.past]), metrics());
          adopted = [...adopted, ...left.adopted, other].slice(-keptAdopted);
          keep(metrics());
        }
        for (const ending of ["json", "sock"]) remove(join(folder, `${other}.${ending}`));
      }
    },
    close() {
      keep(metrics());
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Adds up what was counted, whether there is somebody yet who has the workload or not. */
function addUpCounts(all: readonly (readonly Metric[])[]): Metric[] {
  return addUp(all.map(countsOf));
}

/** What was counted of workloads that are gone is nobody's any more; one that is not known yet may just not have been read. */
function withoutGone(past: Metric[], living: readonly Metric[]): Metric[] {
  const size = past.reduce((sum, { samples }) => sum + samples.length, 0);
  if (size < mostPast) return past;
  return countsOf(addUp([living.filter(({ type }) => type === "gauge")], [past]));
}

/** By name, and whether there is a file of what it has told. */
function readOthers(folder: string, own: string): Map<string, boolean> {
  const others = new Map<string, boolean>();
  for (const file of readdirSync(folder)) {
    const [, name, ending] = /^(.+)\.(json|sock)$/.exec(file) ?? [];
    if (name === undefined || name === own) continue;
    others.set(name, ending === "json" || others.get(name) === true);
  }
  return others;
}

/** Throws ENOENT where it was adopted meanwhile. */
function readKept(folder: string, name: string): Kept {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Kept;
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It was never there.
  }
}

function get(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, agent: false, signal: AbortSignal.timeout(askTimeoutMs) }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(text)).on("error", reject);
    });
    asked.on("error", reject).end();
  });
}
