import { parseCommit } from "./commit.ts";
import type { ObjectReader } from "./reader.ts";

/** So many commits are looked at; somebody who pushes twice within a minute has made few in between. */
const mostCommits = 200;

/** Whether a commit is `ancestor`, or brings it along with what it is made upon. False where that is not found near it. */
export async function hasAncestor(
  reader: Pick<ObjectReader, "info" | "read">,
  commit: string,
  ancestor: string,
): Promise<boolean> {
  const seen = new Set([commit]);
  // A set is gone through in the order in which it was added to, those too that are added meanwhile: the nearest first.
  for (const oid of seen) {
    if (oid === ancestor) return true;
    if (seen.size > mostCommits) return false;
    // What a shallow clone has cut off is not there.
    if ((await reader.info(oid))?.type !== "commit") continue;
    for (const parent of parseCommit((await reader.read(oid, "commit")).content).parents) seen.add(parent);
  }
  return false;
}
