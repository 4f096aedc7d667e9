import { createHash } from "node:crypto";
import { pipeline } from "node:stream";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { VerificationCheck } from "@berth/core";
import { createZstdInflate } from "@berth/core/inflate-zstd";
import type { DescribedLayer } from "../../describe.ts";
import type { LayerEntry } from "../../layer/entry.ts";
import type { BlobStore } from "../../layout/blob-store.ts";
import { blobProblem, readAsItIs } from "./check-manifest.ts";
import { failed, ok, short } from "./outcome.ts";
import { readArchive } from "./read-archive.ts";
import type { ArchiveEntry } from "./read-archive.ts";

/** A layer of an image and what is known of it. */
export interface LayerToCheck {
  layer: DescribedLayer;
  /** A base's, which comes from its registry again. */
  isFetched: boolean;
  /** Such as `layer 1 of 4 (base)`. */
  name: string;
  /** What Berth noted that is in it, by which copies of it are made; null where there is no note. */
  record: readonly LayerEntry[] | null;
}

/** Whether a layer is what its digest says, has in it what the configuration says, and what Berth noted. Of one that has changed the first file that differs is named; a base's is set aside. */
export async function checkLayer(
  blobs: BlobStore,
  { layer, isFetched, name, record }: LayerToCheck,
): Promise<VerificationCheck> {
  const { digest, sizeBytes, diffId } = layer;
  const wrong = await blobProblem(blobs, digest);
  if (wrong !== null) {
    const file = record === null || wrong.endsWith("is not there") ? null : await differingFile(blobs, layer, record);
    if (isFetched) await blobs.setAside(digest);
    const help = isFetched ? "; `berth rebuild`, or the next push, fetches it again" : "";
    return failed("layer", `${name}: ${wrong}${file === null ? "" : `; ${file}`}${help}`);
  }
  const size = await blobs.sizeBytes(digest);
  if (size !== sizeBytes) return failed("layer", `${name}: ${short(digest)} has ${size} bytes, not ${sizeBytes}`);
  const hash = createHash("sha256");
  const entries = comparison(record);
  try {
    const archive = hashed(plain(blobs, layer, size), hash);
    // The machine's base may have kinds of entries that no layer of ours has, and there is no note of it.
    if (record === null) await drain(archive);
    else await readArchive(archive, entries.tell);
  } catch (error) {
    return failed("layer", `${name}: ${short(digest)} cannot be unpacked: ${messageOf(error)}`);
  }
  const difference = entries.end();
  if (difference !== null) {
    return failed("layer", `${name}: the note of what is in ${short(digest)} has been changed: ${difference}`);
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffId) {
    return failed("layer", `${name}: ${short(digest)} holds ${short(found)}, the configuration says ${short(diffId)}`);
  }
  return ok("layer", `${name}, ${short(digest)}`);
}

/** The first file of a changed layer that is not what was noted. */
async function differingFile(
  blobs: BlobStore,
  layer: DescribedLayer,
  record: readonly LayerEntry[],
): Promise<string | null> {
  const entries = comparison(record);
  try {
    await readArchive(plain(blobs, layer, (await blobs.sizeBytes(layer.digest)) ?? 0), entries.tell);
  } catch {
    const next = entries.next();
    return entries.difference() ?? (next === undefined ? null : `it cannot be read from ${next} on`);
  }
  return entries.end() ?? "all files in it are what they were";
}

/** Compares the entries of an archive with those that were noted, in their order. */
function comparison(record: readonly LayerEntry[] | null) {
  let at = 0;
  let difference: string | null = null;
  return {
    tell(entry: ArchiveEntry): boolean {
      const noted = record?.[at++];
      difference ??= differenceOf(noted, entry);
      return difference === null;
    },
    difference: () => difference,
    /** The path of the entry that was to come. */
    next: () => record?.[at]?.path,
    end(): string | null {
      const missing = difference === null ? record?.[at] : undefined;
      return missing === undefined ? difference : `${missing.path} is missing`;
    },
  };
}

function differenceOf(noted: LayerEntry | undefined, entry: ArchiveEntry): string | null {
  if (noted === undefined) return `${entry.path} is new`;
  if (noted.path !== entry.path) return `${noted.path} is now ${entry.path}`;
  const { path, type } = noted;
  if (type !== entry.type) return `${path} is a ${entry.type}, not a ${type}`;
  const isContent = type === "file" && (noted.sha256 !== entry.sha256 || noted.sizeBytes !== entry.sizeBytes);
  if (isContent) return `the content of ${path} differs`;
  if (type === "link" && noted.target !== entry.target)
    return `${path} points to ${entry.target}, not to ${noted.target}`;
  return type === "file" && noted.executable !== entry.executable ? `the mode of ${path} differs` : null;
}

/** The archive in a layer's blob. */
function plain(blobs: BlobStore, { digest, mediaType }: DescribedLayer, sizeBytes: number): Readable {
  const source = readAsItIs(blobs, digest, sizeBytes);
  const unpacker = mediaType.endsWith("gzip")
    ? createGunzip()
    : mediaType.endsWith("zstd")
      ? createZstdInflate()
      : null;
  if (unpacker === null) return source;
  // An error is told by whoever reads from the end of it.
  return pipeline(source, unpacker, () => {});
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while (!(await iterator.next()).done);
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
