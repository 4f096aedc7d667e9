import { timeOf } from "@berth/cluster";
import type { TerminatedState } from "@berth/cluster";
import { makeExit } from "../../instances/container-exit.ts";
import type { KnownExit } from "../../instances/known-instance.ts";

/** What kubelets say of a container whose program could not be started at all. */
const notStarted: ReadonlySet<string> = new Set(["StartError", "ContainerCannotRun", "RunContainerError"]);

/** How a container of a pod ended, with what its last lines tell of why. */
export function makePodExit(terminated: TerminatedState, lastLines: readonly string[]): KnownExit {
  const { exitCode, reason = "", message = "", signal = 0 } = terminated;
  const end = {
    at: timeOf(terminated.finishedAt),
    // As a code, as shells pass a signal on.
    exitCode: signal > 0 ? 128 + signal : exitCode,
    outOfMemory: reason === "OOMKilled",
    error: notStarted.has(reason) ? message : "",
  };
  return makeExit(end, lastLines);
}
