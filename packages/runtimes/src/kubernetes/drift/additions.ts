import type { KubeObject, ManagedFields } from "@berth/cluster";
import { isLeaf, owns, ownerOf, stepsOf } from "./owners.ts";
import type { FieldTree, Owner } from "./owners.ts";
import { follow, pathText } from "./path.ts";
import type { Path } from "./path.ts";

export interface Addition {
  path: Path;
  /** What was applied as one value and is another by now; undefined where nothing was applied. */
  desired: unknown;
  found: unknown;
  owner: Owner;
}

/**
 * Which parts of an object may have nothing but what was applied. Annotations and finalizers are how tools of a cluster keep their notes
 * at an object; how many instances there are is never applied, and what a namespace's `spec` says is the API server's.
 */
function mayHoldOthers(path: Path, kind: string): boolean {
  const text = pathText(path);
  if (text === "status" || text === "apiVersion" || text === "kind") return true;
  if (text === "spec.replicas") return kind === "Deployment";
  if (text === "spec") return kind === "Namespace";
  return path.length === 2 && text.startsWith("metadata.") && text !== "metadata.labels";
}

/** What a manager has set that was not applied: an item, a member or a label more, or another value in place of one that is set as a whole. */
export function findAdditions(
  desired: KubeObject,
  live: KubeObject,
  entry: ManagedFields,
  ours: readonly ManagedFields[],
): Addition[] {
  const owner = ownerOf(entry);
  const found: Addition[] = [];
  const isOurs = (path: Path) => ours.some(({ fieldsV1 }) => owns(fieldsV1 ?? {}, path));
  const walk = (tree: FieldTree, wanted: unknown, there: unknown, path: Path): void => {
    for (const { step, below } of stepsOf(tree)) {
      const at = [...path, step];
      const value = follow(there, step);
      if (value === undefined || mayHoldOthers(at, live.kind)) continue;
      const applied = follow(wanted, step);
      // A map whose members are told apart has `.` in it; what has nothing is one value.
      const isReplaced = typeof applied === "object" && isLeaf(below) && !isOurs(at);
      if (applied === undefined || isReplaced) found.push({ path: at, desired: applied, found: value, owner });
      else walk(below, applied, value, at);
    }
  };
  walk((entry.fieldsV1 ?? {}) as FieldTree, desired, live, []);
  return found;
}
