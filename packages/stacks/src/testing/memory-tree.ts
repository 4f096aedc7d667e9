import { createHash } from "node:crypto";
import type { FileMode, SourceTree, TreeEntry } from "@berth/core";

/** A file's text, or a link's target. */
export type MemoryFile = string | { link: string } | { bytes: Uint8Array };

/** A source tree of these files, for tests. */
export function memoryTree(files: Readonly<Record<string, MemoryFile>>): SourceTree {
  const contents = new Map(Object.entries(files).map(([path, file]) => [path, contentOf(file)]));
  const entries: TreeEntry[] = [...contents.keys()]
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((path) => {
      const content = contents.get(path)!;
      return {
        path,
        mode: modeOf(files[path]!),
        oid: createHash("sha1").update(content).digest("hex"),
        sizeBytes: content.length,
      };
    });
  return {
    id: createHash("sha1").update(JSON.stringify(entries)).digest("hex"),
    list: async () => entries,
    contents: async function* (wanted) {
      for (const entry of wanted) yield { entry, content: contents.get(entry.path)! };
    },
    subtree: async (folder, without) => {
      const prefix = folder === "." ? "" : `${folder}/`;
      const kept = Object.entries(files).filter(
        ([path]) => path.startsWith(prefix) && !without.some((other) => path === other || path.startsWith(`${other}/`)),
      );
      return memoryTree(Object.fromEntries(kept.map(([path, file]) => [path.slice(prefix.length), file])));
    },
  };
}

function contentOf(file: MemoryFile): Uint8Array {
  if (typeof file === "string") return new TextEncoder().encode(file);
  return "link" in file ? new TextEncoder().encode(file.link) : file.bytes;
}

function modeOf(file: MemoryFile): FileMode {
  return typeof file === "object" && "link" in file ? "120000" : "100644";
}
