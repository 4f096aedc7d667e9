import { createHash } from "node:crypto";
import type { SourceTree, TreeEntry } from "@berth/core";

/** The same tree with only the files of these paths. Its id is git's for such a tree, so equal parts of different commits are equal trees. */
export async function keepPaths(tree: SourceTree, keep: (path: string) => boolean): Promise<SourceTree> {
  const entries = (await tree.list()).filter(({ path }) => keep(path));
  return {
    id: treeId(entries),
    list: () => Promise.resolve(entries),
    contents: (wanted) => tree.contents(wanted),
    async subtree(path, without) {
      const prefix = path === "." ? "" : `${path}/`;
      return keepPaths(await tree.subtree(path, without), (below) => keep(prefix + below));
    },
  };
}

type Folder = Map<string, TreeEntry | Folder>;

/** The object id of a tree with these entries. Source: git's documentation, "Git Internals - Git Objects". */
export function treeId(entries: readonly TreeEntry[]): string {
  const root: Folder = new Map();
  for (const entry of entries) {
    const names = entry.path.split("/");
    let folder = root;
    for (const name of names.slice(0, -1)) {
      const known = folder.get(name);
      const next = known instanceof Map ? known : new Map();
      folder.set(name, next);
      folder = next;
    }
    folder.set(names.at(-1) ?? "", entry);
  }
  return hashFolder(root, entries[0]?.oid.length === 64 ? "sha256" : "sha1").toString("hex");
}

function hashFolder(folder: Folder, algorithm: string): Buffer {
  const sorted = [...folder].map(([name, item]) => ({
    name: Buffer.from(name),
    item,
    sortName: Buffer.from(item instanceof Map ? `${name}/` : name),
  }));
  sorted.sort((a, b) => Buffer.compare(a.sortName, b.sortName));
  const body = Buffer.concat(
    sorted.map(({ name, item }) => {
      const isFolder = item instanceof Map;
      const id = isFolder ? hashFolder(item, algorithm) : Buffer.from(item.oid, "hex");
      return Buffer.concat([Buffer.from(`${isFolder ? "40000" : item.mode} `), name, Buffer.from([0]), id]);
    }),
  );
  return createHash(algorithm).update(`tree ${body.length}\0`).update(body).digest();
}
