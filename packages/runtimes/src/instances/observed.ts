import type { InstanceMarks, ObservedInstance } from "@berth/core";
import { exitText } from "./exit-text.ts";
import type { KnownInstance } from "./known-instance.ts";
import { nothingFound } from "./probes.ts";
import type { Found } from "./probes.ts";
import { supervisedOf } from "./supervisor.ts";

/** Sooner after its start an end is told as one of the start. */
const rightAfterStartMs = 2_000;

/** An instance as every runtime tells of its own. */
export function makeObserved(
  instance: KnownInstance,
  listens: boolean,
  { reason, elsewhereSince }: Found = nothingFound,
  marks?: InstanceMarks,
): ObservedInstance {
  const { state } = supervisedOf(instance);
  const { host, port, lastExit } = instance;
  return {
    id: instance.id,
    workload: instance.workload,
    state: state === "ending" ? "stopping" : state,
    startedAt: instance.startedAt,
    readyAt: instance.readyAt,
    restarts: instance.restarts,
    lastExit: lastExit && {
      at: lastExit.at,
      code: lastExit.code,
      signal: lastExit.signal,
      outOfMemory: lastExit.outOfMemory,
    },
    endpoint: listens && state === "ready" && host !== null ? { host, port } : null,
    memoryBytes: instance.memoryBytes,
    cpuMillis: instance.cpuMillis ?? null,
    reason: state === "ready" ? null : reasonOf(instance, reason),
    elsewhereSince: state === "starting" ? elsewhereSince : null,
    givenUpAt: null,
    ...(marks !== undefined && { marks }),
  };
}

function reasonOf(instance: KnownInstance, probed: string | null): string | null {
  const { lastExit, state } = instance;
  if (state === "ending") return "it has lost the process that kept it; it is being ended and started again";
  if (state === "ended") return "it has just ended";
  if (state === "stopping") return "it is stopping";
  if (lastExit === null) return probed;
  const ended = `it ${exitText(lastExit, instance.memoryLimitBytes)}`;
  if (state === "running") return probed ?? `${ended}, and was started again`;
  const isEarly = lastExit.failure === null && lastExit.at - instance.startedAt < rightAfterStartMs;
  return isEarly ? `${ended} right after its start` : ended;
}
