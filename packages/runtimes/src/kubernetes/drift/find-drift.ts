import type { KubeObject } from "@berth/cluster";
import { findAdditions } from "./additions.ts";
import { findDifferences } from "./differences.ts";
import { foreignEntries, lastOwner } from "./owners.ts";
import type { Owner } from "./owners.ts";
import { pathText } from "./path.ts";
import type { Path } from "./path.ts";

/** A field that is not as it was applied. */
export interface LiveDrift {
  path: Path;
  /** Undefined where nothing was applied: somebody has added it. */
  desired: unknown;
  /** Undefined where it is gone. */
  found: unknown;
  owner: Owner | null;
}

/** Whether somebody has added it, so that no apply takes it away. */
export function isAddition({ desired }: LiveDrift): boolean {
  return desired === undefined;
}

/**
 * What others have made of an object: fields with another value than was applied or with none, and fields that another manager
 * has added. Controllers of the cluster are no others, and `ours` are the managers of this installation.
 */
export function findDrift(desired: KubeObject, live: KubeObject, ours: ReadonlySet<string>): LiveDrift[] {
  const foreign = foreignEntries(live, ours);
  const own = (live.metadata.managedFields ?? []).filter(({ manager = "" }) => ours.has(manager));
  const differences = findDifferences(desired, live).map((difference) => ({
    ...difference,
    owner: lastOwner(foreign, difference.path),
  }));
  const additions = foreign.flatMap((entry) => findAdditions(desired, live, entry, own));
  const byPath = new Map<string, LiveDrift>();
  // Two may have added the same; and what differs may be told by its owner, too.
  for (const drift of [...differences, ...additions]) {
    const text = pathText(drift.path);
    if (!byPath.has(text)) byPath.set(text, drift);
  }
  return [...byPath.values()];
}
