import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Clock } from "@berth/core";
import type { Logger } from "pino";
import { endWorkers, openWorkerRecords } from "./worker-records.ts";

export interface WorkersDeps {
  /** How many there should be, besides this process. */
  count: number;
  /** The settings of each, beyond those of this process. */
  env: Readonly<Record<string, string>>;
  /** BERTH_HOME, an absolute path. */
  home: string;
  /** Some have ended: what they had is free. */
  onEnd(): void;
  clock: Clock;
  log: Logger;
}

export interface Workers {
  /** Resolves when each takes requests, or has failed to for the first time. */
  started: Promise<void>;
  close(): Promise<void>;
}

const program = join(import.meta.dirname, "../main.ts");
const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** One that has run for so long is started again without a long pause. */
const steadyMs = 30_000;
const endGraceMs = 5_000;

/**
 * Keeps processes running that take requests at the same port as this one: one that ends is replaced, and the others go on. Those that a
 * process before this one has left behind, since it was killed, serve until there are new ones, and are ended then.
 */
export function startWorkers(deps: WorkersDeps): Workers {
  const { count, home, clock, log } = deps;
  const records = openWorkerRecords(home);
  const closing = new AbortController();
  const running = new Map<number, ChildProcess>();
  let left = records.left();
  const keep = () =>
    records.keep([...left.map(({ pid }) => pid), ...[...running.values()].flatMap(({ pid }) => pid ?? [])]);
  const end = (some: typeof left) => endWorkers(some, { sleep: (ms) => clock.sleep(ms), graceMs: endGraceMs });
  const all = Promise.all(Array.from({ length: count }, (_, at) => keepRunning(at + 1)));

  async function takeOver(): Promise<void> {
    await all;
    await end(left);
    left = [];
    keep();
    deps.onEnd();
  }

  /** Resolves when it takes requests for the first time, or cannot. */
  function keepRunning(index: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    runAgainAndAgain(index, resolve).catch((error: unknown) => {
      log.error({ err: error, worker: index }, "a worker cannot be started");
      resolve();
    });
    return promise;
  }

  async function runAgainAndAgain(index: number, hasStarted: () => void): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!closing.signal.aborted) {
      const beganAt = clock.now();
      const child = spawnWorker(index, deps.env);
      running.set(index, child);
      keep();
      child.once("message", hasStarted);
      const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
      running.delete(index);
      hasStarted();
      if (closing.signal.aborted) return;
      keep();
      deps.onEnd();
      log.warn({ worker: index, code, signal }, "a worker has ended and is replaced");
      pauseMs = clock.now() - beganAt >= steadyMs ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs);
      await clock.sleep(pauseMs, closing.signal);
    }
  }

  return {
    started: takeOver(),
    async close() {
      closing.abort();
      await end(records.left());
      records.keep([]);
    },
  };
}

function spawnWorker(index: number, env: Readonly<Record<string, string>>): ChildProcess {
  const child = fork(program, ["--role", "router", "--worker", String(index)], {
    env: { ...process.env, ...env },
    // What they have to say to this process is that they are there; their output may be an access log.
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  child.once("error", () => undefined);
  return child;
}
