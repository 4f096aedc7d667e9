import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { LayerEntry } from "../../layer/entry.ts";

/** An entry of a layer's archive as it is found there. */
export type ArchiveEntry = Pick<LayerEntry, "path" | "type" | "executable" | "sizeBytes" | "sha256" | "target">;

const types: Record<string, ArchiveEntry["type"]> = {
  file: "file",
  directory: "folder",
  symlink: "link",
  link: "hardlink",
};

/** Reads an archive as it comes and tells its entries; what an image of ours never has is left out. Resolves where `tell` returns false. Rejects where the archive is damaged. */
export async function readArchive(
  archive: AsyncIterable<Uint8Array>,
  tell: (entry: ArchiveEntry) => boolean,
): Promise<void> {
  const reader = extract();
  const source = Readable.from(archive);
  source.once("error", (error: Error) => reader.destroy(error));
  source.pipe(reader);
  for await (const entry of reader) {
    const { name, type, mode = 0, size = 0, linkname } = entry.header;
    const hash = createHash("sha256");
    for await (const chunk of entry as AsyncIterable<Uint8Array>) hash.update(chunk);
    const known = types[type ?? "file"];
    if (known === undefined) continue;
    const isFile = known === "file";
    const found: ArchiveEntry = {
      path: name.replace(/\/$/, ""),
      type: known,
      executable: (isFile || known === "hardlink") && (mode & 0o111) !== 0,
      sizeBytes: size,
      sha256: isFile ? hash.digest("hex") : "",
      target: linkname ?? "",
    };
    if (!tell(found)) break;
  }
  source.destroy();
}
