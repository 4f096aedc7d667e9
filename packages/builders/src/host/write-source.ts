import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readWhole, type SourceTree, type TreeEntry } from "@berth/core";

/** Writes files of a source tree below a folder. */
export async function writeSource(
  source: SourceTree,
  entries: readonly TreeEntry[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (entries.length === 0) return;
  const made = new Set<string>();
  for await (const { entry, content } of source.contents(entries)) {
    signal.throwIfAborted();
    const path = join(folder, entry.path);
    const parent = dirname(path);
    if (!made.has(parent)) await mkdir(parent, { recursive: true });
    made.add(parent);
    if (entry.mode === "120000") await symlink(Buffer.from(await readWhole(content)).toString(), path);
    else if (content instanceof Uint8Array) await writeFile(path, content, { flag: "wx" });
    else await writeFile(path, untilAborted(content, signal), { flag: "wx" });
    if (entry.mode === "100755") await chmod(path, 0o755);
  }
}

async function* untilAborted(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}
