import { BerthError } from "@berth/core";

/** The instance of this id, where it runs. Throws `instance.not-found`, `instance.not-running`. */
export function runningInstance<I extends { id: string; state: string }>(instances: readonly I[], id: string): I {
  const found = instances.find((instance) => instance.id === id);
  if (found === undefined) {
    throw new BerthError("instance.not-found", `There is no instance ${id} any more.`, {
      path: id,
      hint: "`berth status` shows those there are.",
    });
  }
  if (found.state === "running" || found.state === "stopping") return found;
  throw new BerthError("instance.not-running", `The instance ${id} does not run: it waits to be started again.`, {
    path: id,
    hint: "`berth status` says why it has ended; `berth run` starts one of its own.",
  });
}
