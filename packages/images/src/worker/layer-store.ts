import { randomBytes } from "node:crypto";
import { existsSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import type { BlobWriter } from "../layer/blob-writer.ts";
import { layerMediaTypes, plainMediaType } from "../layer/compression.ts";
import { readRecord, recordPath, scanArchive, writeRecord } from "../layer/record.ts";
import type { LayerRecord } from "../layer/record.ts";
import { makeArchives } from "../layout/archives.ts";
import type { Inflated } from "../layout/archives.ts";
import { readBlobForm } from "../layout/blob-form.ts";
import type { BlobForm } from "../layout/blob-form.ts";
import { blobPath } from "../layout/paths.ts";
import type { ImagePaths } from "../layout/paths.ts";
import { syncFolder } from "../layout/sync-folder.ts";
import { codeOf } from "./problem.ts";
import { makeRecordCache } from "./record-cache.ts";

/** A blob that is written and not yet safe on the disk. */
interface Settling {
  path: string;
  failed: boolean;
  settled: Promise<void>;
}

/** Layers as the worker knows them: what is in them, their archives, and their blobs on the way into the layout. */
export function makeLayerStore(paths: ImagePaths) {
  const archives = makeArchives(paths);
  const records = makeRecordCache(loadRecord);
  /** Records that are not written yet. */
  const unwritten = new Map<Digest, LayerRecord>();
  /** By digest. One that failed stays until someone was told. */
  const settling = new Map<Digest, Settling>();
  const inflating = new Map<Digest, Promise<Inflated>>();
  const draftPath = () => join(paths.drafts, randomBytes(8).toString("hex"));
  const blobOf = (digest: Digest) => settling.get(digest)?.path ?? blobPath(paths, digest);
  const isThere = (digest: Digest) => existsSync(blobOf(digest));

  function inflate(digest: Digest, form: Exclude<BlobForm, "plain">): Promise<Inflated> {
    const running = inflating.get(digest);
    if (running !== undefined) return running;
    const started = archives.inflate(digest, blobOf(digest), form, draftPath()).finally(() => inflating.delete(digest));
    inflating.set(digest, started);
    return started;
  }

  async function loadRecord(digest: Digest): Promise<LayerRecord> {
    const path = recordPath(paths.records, digest);
    const known = unwritten.get(digest) ?? readRecord(path, digest);
    if (known !== null) return known;
    const scanned = await scan(digest);
    writeRecord(path, scanned, draftPath());
    return scanned;
  }

  /** What can be learnt from a layer's blob alone. */
  async function scan(digest: Digest): Promise<LayerRecord> {
    const blob = blobOf(digest);
    const form = readBlobForm(blob);
    if (form === "plain") {
      const { entries, archiveBytes } = scanArchive(blob);
      return { mediaType: plainMediaType, diffId: digest, sizeBytes: archiveBytes, archiveBytes, entries, members: [] };
    }
    const sizeBytes = statSync(blob).size;
    const { path, diffId, archiveBytes } = await inflate(digest, form);
    const { entries } = scanArchive(path);
    return { mediaType: layerMediaTypes[form], diffId, sizeBytes, archiveBytes, entries, members: [] };
  }

  /** Takes a finished blob into the layout; `settle` says when it is safe there. */
  function addBlob(blob: BlobWriter, digest: Digest): void {
    if (settling.get(digest)?.failed === false || touch(blobPath(paths, digest))) {
      blob.close();
      rmSync(blob.path);
      return;
    }
    const state: Settling = { path: blob.path, failed: false, settled: Promise.resolve() };
    state.settled = settleBlob(blob, digest, state);
    state.settled.catch(() => {});
    settling.set(digest, state);
  }

  async function settleBlob(blob: BlobWriter, digest: Digest, state: Settling): Promise<void> {
    try {
      await blob.sync();
      touch(blob.path);
      renameSync(blob.path, blobPath(paths, digest));
      state.path = blobPath(paths, digest);
      await syncFolder(paths.blobs);
      settling.delete(digest);
    } catch (error) {
      state.failed = true;
      rmSync(blob.path, { force: true });
      throw error;
    }
  }

  return {
    draftPath,
    isThere,
    blobOf,
    addBlob,
    record: (digest: Digest) => records.get(digest),

    /** Keeps what is known of a layer that was just made, and its archive. */
    keep(digest: Digest, record: LayerRecord, archive: string): void {
      records.set(digest, record);
      unwritten.set(digest, record);
      archives.keep(archive, digest);
      // Nobody waits for the record, and one that cannot be written is made again.
      const write = () => writeRecord(recordPath(paths.records, digest), record, draftPath());
      (settling.get(digest)?.settled ?? Promise.resolve())
        .then(write)
        .catch(() => {})
        .finally(() => unwritten.delete(digest));
    },

    /** The path of a layer's archive, which is made again where it is missing. */
    async archive(digest: Digest): Promise<string> {
      const record = await records.get(digest);
      if (record.mediaType === plainMediaType) return blobOf(digest);
      const known = archives.find(digest, record.archiveBytes);
      if (known !== null) return known;
      const form = record.mediaType === layerMediaTypes.zstd ? "zstd" : "gzip";
      return (await inflate(digest, form)).path;
    },

    /** Resolves when a layer's blob is safe on the disk. */
    async settle(digest: Digest): Promise<void> {
      const state = settling.get(digest);
      try {
        await state?.settled;
      } finally {
        if (settling.get(digest) === state) settling.delete(digest);
      }
    },

    clearArchives: () => archives.clear(),
    sweepArchives: () => archives.sweep(isThere, Date.now()),
  };
}

/** Notes that a file is used now; false where there is none. */
function touch(path: string): boolean {
  try {
    utimesSync(path, new Date(), new Date());
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

export type LayerStore = ReturnType<typeof makeLayerStore>;
