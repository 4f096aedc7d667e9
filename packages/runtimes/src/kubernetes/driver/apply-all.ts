import type { Cluster, KubeObject } from "@berth/cluster";
import type { Copies } from "./copies.ts";
import { manager } from "./deps.ts";
import { findDifference } from "./differs.ts";

/** Whether an object is there, and in all that it says as it was applied. */
export function isApplied(object: KubeObject, copies: Copies): boolean {
  const live = copies.get(object);
  return live !== undefined && findDifference(object, live) === null;
}

/** Applies in order what is not there, or not as it is said. What is as it should be costs no call. */
export async function applyAll(
  objects: readonly KubeObject[],
  { cluster, copies }: { cluster: Cluster; copies: Copies },
): Promise<void> {
  for (const object of objects) {
    if (isApplied(object, copies)) continue;
    const made = await cluster.apply(object, { manager: manager.deployer, force: true });
    await copies.until(
      object,
      (copy) => copy?.metadata.uid === made.metadata.uid && findDifference(object, copy) === null,
    );
  }
}
