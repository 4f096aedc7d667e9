import type { AppStore } from "@berth/core";
import { parseCommit } from "../objects/commit.ts";
import type { ObjectReader } from "../objects/reader.ts";
import { makeSourceTree } from "../objects/source-tree.ts";
import type { Refs } from "../refs.ts";

/**
 * Reads the folders of what the default branch is at, while the author's git still packs what is new: the reader remembers them,
 * and of the pushed tree only those that have changed are left to read.
 */
export async function readAhead(
  deps: { apps: Pick<AppStore, "get">; refs: Pick<Refs, "read">; reader(app: string): ObjectReader },
  app: string,
): Promise<void> {
  const branch = (await deps.apps.get(app))?.defaultBranch ?? null;
  const commit = branch === null ? null : await deps.refs.read(app, branch);
  if (commit === null) return;
  const reader = deps.reader(app);
  const { tree } = parseCommit((await reader.read(commit, "commit")).content);
  await makeSourceTree(reader, tree).list();
}
