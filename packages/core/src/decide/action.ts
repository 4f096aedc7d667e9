import type { Autoscale } from "../service.ts";
import type { IdentifiedTask } from "../task.ts";
import type { IdentifiedWorkload } from "../workload.ts";

/** What brings an environment nearer to what it should be. */
export type Action =
  /** Make the workload known to the runtime and its image ready to start. */
  | { kind: "ensure"; workload: IdentifiedWorkload }
  | { kind: "scale"; workload: string; replicas: number }
  /** Let the runtime set the number of instances by load; null: not any more, before anything else sets it. */
  | { kind: "autoscale"; workload: string; to: Autoscale | null }
  /** Send these instances no new requests, from now on and as long as this is decided; they go once they have none in flight. */
  | { kind: "drain"; workload: string; instances: readonly string[] }
  /** Run a release command, which has not begun. */
  | { kind: "run"; task: IdentifiedTask }
  /** Stop and forget a workload that no release names any more, or end and forget a task that nothing waits for. */
  | { kind: "remove"; workload: string }
  /** The rollout is ready: move `live` to it and route to it. */
  | { kind: "promote"; version: number }
  /** The rollout cannot become ready: give it up and say why. */
  | { kind: "fail"; version: number; service: string; workload: string; reason: string }
  /** Its release command has failed: the same. */
  | { kind: "fail-command"; version: number; task: IdentifiedTask; reason: string; exitCode: number | null };

export interface Decision {
  actions: readonly Action[];
  /** Workloads that are there and that the store knows nothing of: nothing is done with them. */
  unknown: readonly string[];
  /** When to look again if nothing happens before; null: only when something happens. */
  lookAgainAt: number | null;
}
