import dockerignore from "@balena/dockerignore";
import { readWhole } from "@berth/core";
import type { SourceTree, TreeEntry } from "@berth/core";

/** The files of a source that a build of this Dockerfile sees: without those that its .dockerignore names. */
export async function contextEntries(source: SourceTree, dockerfile: string): Promise<readonly TreeEntry[]> {
  const entries = await source.list();
  // One that belongs to the Dockerfile alone comes before the one of the folder.
  const names = [`${dockerfile}.dockerignore`, ".dockerignore"];
  const file = names.map((name) => entries.find((entry) => entry.path === name)).find((entry) => entry !== undefined);
  if (file === undefined) return entries;
  let text = "";
  for await (const { content } of source.contents([file])) text = Buffer.from(await readWhole(content)).toString();
  const ignored = dockerignore.default({ ignorecase: false }).add(text);
  // The engine needs both, even where they ignore themselves.
  return entries.filter(({ path }) => path === dockerfile || path === file.path || !ignored.ignores(path));
}
