import { refOf, refText } from "@berth/cluster";
import type { Cluster, KubeObject } from "@berth/cluster";
import { BerthError, isConflict } from "@berth/core";
import { makeRemoval } from "../drift/correction.ts";
import { findDrift } from "../drift/find-drift.ts";
import { manager, ourManagers } from "./deps.ts";

/** Mostly it is a controller that notes a status; whoever still writes after so many tries is left to the next look. */
const attempts = 4;

/**
 * Takes out of an object what others have added to it; null where it is gone meanwhile. A patch is for one version, and somebody may write
 * between reading and writing: then it is read again. Throws `cluster.conflict`, with who has written, where that goes on.
 */
export async function removeAdditions(
  cluster: Pick<Cluster, "get" | "patch">,
  object: KubeObject,
  applied: KubeObject,
): Promise<KubeObject | null> {
  let live = applied;
  for (let attempt = 1; ; attempt++) {
    const removal = makeRemoval(live, findDrift(object, live, ourManagers), ourManagers);
    if (removal === null) return live;
    try {
      return await cluster.patch(refOf(object), removal, { manager: manager.deployer });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const now = await cluster.get(refOf(object));
      if (now === null) return null;
      if (attempt === attempts) throw conflictError(live, now, error);
      live = now;
    }
  }
}

/** Who has written last: managed fields tell it to the second. */
function writersSince(before: KubeObject, now: KubeObject): string[] {
  const entryText = (entry: object) => JSON.stringify(entry);
  const known = new Set((before.metadata.managedFields ?? []).map(entryText));
  const fresh = (now.metadata.managedFields ?? []).filter((entry) => !known.has(entryText(entry)));
  return [...new Set(fresh.flatMap(({ manager: name }) => name ?? []))].toSorted();
}

function conflictError(before: KubeObject, now: KubeObject, cause: BerthError): BerthError {
  const path = refText(refOf(now));
  const writers = writersSince(before, now);
  const who = writers.length === 0 ? "somebody" : writers.join(" and ");
  return new BerthError("cluster.conflict", `${who} changes ${path} while Berth puts it back.`, {
    path,
    hint: "It is tried again by itself.",
    cause,
  });
}
