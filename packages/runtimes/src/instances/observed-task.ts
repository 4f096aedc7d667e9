import type { IdentifiedTask, ObservedTask } from "@berth/core";
import type { KnownInstance } from "./known-instance.ts";
import { makeObserved } from "./observed.ts";

type TaskPlace = Pick<IdentifiedTask, "id" | "app" | "environment" | "service" | "run">;

/** A task as every runtime tells of its own. `hasBegun`: an instance of it was there, though it may be gone. */
export function makeObservedTask(
  { id, app, environment, service, run }: TaskPlace,
  instance: KnownInstance | null,
  hasBegun: boolean,
): ObservedTask {
  const place = { id, app, environment, service, run };
  if (instance === null) {
    const reason = hasBegun ? "it was removed by something else than Berth" : null;
    return { ...place, state: hasBegun ? "ended" : "made", startedAt: null, exit: null, reason, givenUpAt: null };
  }
  const { state, startedAt, lastExit, reason, givenUpAt } = makeObserved(instance, false);
  const hasEnded = state === "exited" && instance.state === "exited";
  return {
    ...place,
    instance: instance.id,
    state: hasEnded ? "ended" : "running",
    startedAt,
    exit: hasEnded ? lastExit : null,
    reason: hasEnded ? (reason?.replace(/ right after its start$/, "") ?? null) : null,
    givenUpAt,
  };
}
