import { startTask, type Task } from "../support/programs.ts";

/**
 * Load that does not wait for answers: requests are due at fixed times, whatever becomes of those before. A request that is due while all
 * connections are taken is sent as soon as one is free.
 */
export interface OpenLoopPlan {
  /** Only ever 127.0.0.1. */
  port: number;
  host: string;
  requests: number;
  /** Of them the first, which are left out of the result: until then the client itself is slow. */
  warmUp: number;
  /** Between two that are due; 0: all are due at once. */
  intervalMs: number;
  /** Opened before the first is due. */
  connections: number;
}

/** By request, in the order in which they were due; times in ms as `machineNow` has them. */
export interface OpenLoopResult {
  due: Float64Array;
  /** When it was written to a connection. */
  began: Float64Array;
  ended: Float64Array;
  /** Which of the texts; −1 where there was no answer. */
  answers: Int32Array;
  /** Status and body of answers, or why there was none, each once: `200 hello`. */
  texts: readonly string[];
}

/** Starts the load in a process of its own. One that is told to finish waits for the answers of what was due by then. */
export function startOpenLoop(plan: OpenLoopPlan): Task<OpenLoopResult> {
  return startTask(new URL("./processes/open-loop-client.ts", import.meta.url), plan);
}

/**
 * How long each was waited for, in ms and sorted, from when it was due and not from when it could be sent: time that a request spent behind slow
 * ones counts, too. Else a proxy that stalls would be measured by the few requests that met the stall (coordinated omission, as Gil Tene
 * has named it).
 */
export function latenciesOf({ due, ended }: OpenLoopResult): number[] {
  return [...ended].map((end, index) => end - due[index]!).toSorted((one, other) => one - other);
}

/** How many were not answered with status 200. */
export function failuresOf({ answers, texts }: OpenLoopResult): number {
  return answers.reduce((sum, answer) => sum + (texts[answer]?.startsWith("200 ") ? 0 : 1), 0);
}
