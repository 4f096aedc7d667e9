import { createHash } from "node:crypto";
import { parseDirectory, withEntry } from "./directory.ts";
import type { ObjectReader } from "./reader.ts";

/** The id that git would give the tree if the excluded paths were not in it: equal contents have equal ids, whatever was left out. */
export async function treeIdWithout(reader: ObjectReader, tree: string, excluded: readonly string[]): Promise<string> {
  return (await idWithout(reader, tree, excluded)) ?? hashTree(Buffer.alloc(0), tree.length);
}

/** Null where nothing is left: git keeps no empty folder. */
async function idWithout(reader: ObjectReader, tree: string, excluded: readonly string[]): Promise<string | null> {
  if (excluded.length === 0) return tree;
  const oidBytes = tree.length / 2;
  let { content } = await reader.read(tree, "tree");
  for (const { name, mode, oid } of parseDirectory(content, oidBytes)) {
    if (excluded.includes(name)) content = withEntry(content, oidBytes, name, null);
    else if (mode === "folder") {
      const inside = excluded.filter((path) => path.startsWith(`${name}/`)).map((path) => path.slice(name.length + 1));
      if (inside.length > 0) content = withEntry(content, oidBytes, name, await idWithout(reader, oid, inside));
    }
  }
  return content.length === 0 ? null : hashTree(content, tree.length);
}

function hashTree(content: Buffer, oidLength: number): string {
  const algorithm = oidLength === 40 ? "sha1" : "sha256";
  return createHash(algorithm).update(`tree ${content.length}\0`).update(content).digest("hex");
}
