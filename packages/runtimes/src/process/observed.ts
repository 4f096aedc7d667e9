import type { ObservedInstance } from "@berth/core";
import { exitText } from "./keeper/exit-text.ts";
import type { KeptInstance } from "./keeper/protocol.ts";
import { decideRestart } from "../supervise.ts";
import { durationText } from "./reasons.ts";
import { supervisedOf } from "./supervisor.ts";

/** Sooner after its start an end is told as one of the start. */
const rightAfterStartMs = 2_000;

/** An instance as every runtime tells of its own. `reason`: why it is not ready, where the probe has found out. */
export function makeObserved(instance: KeptInstance, listens: boolean, reason: string | null): ObservedInstance {
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
    reason: state === "ready" ? null : reasonOf(instance, reason),
  };
}

function reasonOf(instance: KeptInstance, probed: string | null): string | null {
  const { lastExit } = instance;
  if (instance.state === "ending") return "The process that kept it was lost; it is being ended and started again.";
  if (instance.state === "stopping") return "It is stopping.";
  if (lastExit === null) return probed;
  const isEarly = lastExit.failure === null && lastExit.at - instance.startedAt < rightAfterStartMs;
  const ended = `It ${exitText(lastExit, instance.memoryLimitBytes)}`;
  if (instance.state === "running") return probed ?? `${ended} before, and was started again.`;
  const { at } = decideRestart(supervisedOf(instance));
  const pause = at > lastExit.at ? `; it is started again after ${durationText(at - lastExit.at)}` : "";
  return `${ended}${isEarly ? " right after its start" : ""}${pause}.`;
}
