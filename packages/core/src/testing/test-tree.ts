import { createHash } from "node:crypto";
import { type FileMode, type SourceContent, type SourceTree, type TreeEntry, wholeContentBytes } from "../source.ts";

export interface TestFile {
  mode: FileMode;
  content: Uint8Array;
}

/** Files by path: text, bytes, or bytes with a mode. */
export type TestFiles = Readonly<Record<string, string | Uint8Array | TestFile>>;

/** A source tree in memory with git's own ids, and the paths whose contents were asked for. */
export function makeTestTree(files: TestFiles): SourceTree & { asked: string[] } {
  const contents = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const entries = Object.entries(files)
    .map(([path, file]): TreeEntry => {
      const full =
        typeof file === "object" && "mode" in file ? file : { mode: "100644" as const, content: Buffer.from(file) };
      const oid = createHash("sha1").update(`blob ${full.content.length}\0`).update(full.content).digest("hex");
      contents.set(oid, full.content);
      return { path, mode: full.mode, oid, sizeBytes: full.content.length };
    })
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const listing = entries.map((entry) => `${entry.mode} ${entry.oid} ${entry.path}`).join("\0");
  return {
    id: createHash("sha1").update(listing).digest("hex"),
    asked,
    list: () => Promise.resolve(entries),
    async *contents(wanted) {
      for (const entry of wanted) {
        asked.push(entry.path);
        yield { entry, content: given(contents.get(entry.oid)!) };
      }
    },
    subtree: (folder, without) => {
      const prefix = folder === "." ? "" : `${folder}/`;
      const below = Object.entries(files).filter(
        ([path]) => path.startsWith(prefix) && !without.some((other) => path === other || path.startsWith(`${other}/`)),
      );
      return Promise.resolve(
        makeTestTree(Object.fromEntries(below.map(([path, file]) => [path.slice(prefix.length), file]))),
      );
    },
  };
}

/** As a source tree gives it: in chunks where it is large. */
function given(content: Uint8Array): SourceContent {
  return content.length > wholeContentBytes ? inChunks(content) : content;
}

async function* inChunks(content: Uint8Array): AsyncGenerator<Uint8Array> {
  const chunkBytes = 65_536;
  for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
}
