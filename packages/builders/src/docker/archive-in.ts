import { once } from "node:events";
import type { Readable } from "node:stream";
import type { SourceContent, SourceTree, TreeEntry } from "@berth/core";
import { readWhole } from "@berth/core";
import { pack } from "tar-stream";
import type { Pack } from "tar-stream";
import type { SettingsFile } from "../host/deps.ts";

export interface SourceArchiveSpec {
  source: SourceTree;
  entries: readonly TreeEntry[];
  /** What every path gets before it, ending in `/`, or nothing. */
  prefix: string;
  /** The time of the files. A compiler that compares times has to find sources newer than what it keeps of an earlier build. */
  mtime: Date;
  signal: AbortSignal;
}

/** Files of a source tree as an archive that is made while it is read. */
export function packSourceArchive(spec: SourceArchiveSpec): Readable {
  return packWith(async (archive) => {
    const { entries, source, prefix, mtime, signal } = spec;
    if (prefix !== "") await add(archive, { name: prefix, type: "directory", mode: 0o755, mtime });
    if (entries.length === 0) return;
    for await (const { entry, content } of source.contents(entries)) {
      signal.throwIfAborted();
      const name = prefix + entry.path;
      if (entry.mode === "120000") {
        const linkname = Buffer.from(await readWhole(content)).toString();
        await add(archive, { name, type: "symlink", linkname, mtime });
      } else {
        const mode = entry.mode === "100755" ? 0o755 : 0o644;
        await addFile(archive, { name, mode, mtime, size: entry.sizeBytes }, content, signal);
      }
    }
  });
}

/** Settings files as an archive of a container's root: the home folder is `/root`, the one above the app's is `/`. */
export function packFiles(files: readonly SettingsFile[]): Readable {
  return packWith(async (archive) => {
    for (const { place, path, content } of files) {
      const bytes = Buffer.from(content);
      const name = place === "home" ? `root/${path}` : path;
      await addFile(archive, { name, mode: 0o644, mtime: new Date(0), size: bytes.length }, bytes, null);
    }
  });
}

function packWith(write: (archive: Pack) => Promise<void>): Readable {
  const archive = pack();
  write(archive).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return archive as unknown as Readable;
}

function add(archive: Pack, header: Parameters<Pack["entry"]>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

interface FileHeader {
  name: string;
  mode: number;
  mtime: Date;
  size: number;
}

async function addFile(
  archive: Pack,
  header: FileHeader,
  content: SourceContent,
  signal: AbortSignal | null,
): Promise<void> {
  if (content instanceof Uint8Array) {
    await new Promise<void>((resolve, reject) => {
      archive.entry(header, Buffer.from(content), (error) => (error ? reject(error) : resolve()));
    });
    return;
  }
  const done = Promise.withResolvers<void>();
  const entry = archive.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  for await (const chunk of content) {
    signal?.throwIfAborted();
    if (!entry.write(chunk)) await Promise.race([once(entry, "drain"), done.promise]);
  }
  entry.end(undefined);
  await done.promise;
}
