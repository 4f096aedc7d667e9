import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import { tarMediaType } from "../layer/entry.ts";
import type { Layer, LayerEntry } from "../layer/entry.ts";
import { addFolders } from "../layer/folder-layer.ts";
import type { FolderLayerSpec } from "../layer/folder-layer.ts";
import { readRecord, recordPath, writeRecord } from "../layer/record.ts";
import { TreeDraft } from "../layer/tree-draft.ts";
import type { TreeFile } from "../layer/tree-draft.ts";
import { LayerWriter } from "../layer/writer.ts";
import { syncFolder } from "../layout/sync-folder.ts";
import { blobPath } from "../layout/paths.ts";
import type { ImagePaths } from "../layout/paths.ts";
import { findDamage, writeCopy } from "../unpack/copy.ts";
import { mergeLayers } from "../unpack/merge.ts";
import type { MergedEntry } from "../unpack/merge.ts";
import { makePool, sweepGroup } from "../unpack/pool.ts";
import { removeTree } from "../unpack/remove.ts";
import { changeCopy, keepSpare, takeSpare } from "../unpack/spare.ts";
import { makeBreathe, makeRecordCache } from "./thread.ts";

/** A layer that was begun: what it needs, or the layer itself where nothing has changed. */
export type TreeStart = { done: false; draft: number; needed: number[] } | { done: true; layer: Layer };

/** Contents in the order they were asked for, joined, for passing many small buffers costs more than the copy. */
export interface Contents {
  lengths: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** A part of a content that is too large to be passed whole. */
export interface Part {
  /** Its first bytes are the part. */
  bytes: Uint8Array<ArrayBuffer>;
  lengthBytes: number;
  /** Of the whole content. */
  sizeBytes: number;
}

interface Settling {
  path: string;
  failed: boolean;
  settled: Promise<void>;
}

/** Where a service's spare copy is kept, and the start of the machine that one has to be made after to be whole. */
export interface Spare {
  path: string;
  boot: string;
}

/** All heavy work on layers and copies, in the terms of the thread that asks. Each call may take long; none blocks another for long. */
export function makeTasks(paths: ImagePaths) {
  const pool = makePool(paths.pool);
  const records = makeRecordCache((digest) => readRecord(recordPath(paths.records, digest), layerPath(digest)));
  const drafts = new Map<number, TreeDraft>();
  /** Layers whose archive is written and not yet safe on the disk, by digest. One that failed stays until someone was told. */
  const settling = new Map<Digest, Settling>();
  let draftCount = 0;
  const breathe = makeBreathe();
  const draftPath = () => join(paths.drafts, randomBytes(8).toString("hex"));

  function layerPath(digest: Digest): string {
    return settling.get(digest)?.path ?? blobPath(paths, digest);
  }

  const pathIn = (layers: readonly Digest[]) => (index: number) => {
    const digest = layers[index];
    if (digest === undefined) throw new RangeError(`no layer ${index}`);
    return layerPath(digest);
  };

  function draftOf(id: number): TreeDraft {
    const draft = drafts.get(id);
    if (draft === undefined) throw new Error("no such draft");
    return draft;
  }

  const merge = (layers: readonly Digest[]) => mergeLayers(layers.map((digest) => records.get(digest)));

  /** What layers contain; null where they are no longer known. */
  function mergeIfThere(layers: readonly Digest[]): MergedEntry[] | null {
    return layers.length > 0 && layers.every((digest) => existsSync(layerPath(digest))) ? merge(layers) : null;
  }

  /** Ends a layer. What it contains can be used at once; `settle` says when it is safe on the disk. */
  function finish(writer: LayerWriter, finished: { digest: Digest; sizeBytes: number }): Layer {
    const { digest, sizeBytes } = finished;
    const entries = writer.entries;
    records.set(digest, entries);
    if (existsSync(blobPath(paths, digest)) || settling.get(digest)?.failed === false) {
      writer.close();
      rmSync(writer.path);
    } else {
      const state: Settling = { path: writer.path, failed: false, settled: Promise.resolve() };
      state.settled = settleLayer(writer, digest, entries, state);
      state.settled.catch(() => {});
      settling.set(digest, state);
    }
    return makeLayer(digest, sizeBytes, entries);
  }

  async function settleLayer(
    writer: LayerWriter,
    digest: Digest,
    entries: readonly LayerEntry[],
    state: Settling,
  ): Promise<void> {
    try {
      await writer.sync();
      renameSync(writer.path, blobPath(paths, digest));
      state.path = blobPath(paths, digest);
      await syncFolder(paths.blobs);
      settling.delete(digest);
      writeRecord(recordPath(paths.records, digest), entries, `${writer.path}.json`);
    } catch (error) {
      state.failed = true;
      rmSync(writer.path, { force: true });
      throw error;
    }
  }

  return {
    /** Begins the layer of a source tree below `prefix`. */
    beginTree(prefix: string, files: readonly TreeFile[], previous: Digest | null): TreeStart {
      const before =
        previous !== null && existsSync(layerPath(previous))
          ? { path: layerPath(previous), entries: records.get(previous) }
          : null;
      const draft = new TreeDraft(draftPath(), prefix, files, before);
      if (draft.unchanged && before !== null && previous !== null) {
        draft.abort();
        rmSync(draft.writer.path);
        const last = before.entries.at(-1);
        const sizeBytes = (last === undefined ? 0 : last.offset + last.lengthBytes) + 1024;
        return { done: true, layer: makeLayer(previous, sizeBytes, before.entries) };
      }
      drafts.set(++draftCount, draft);
      return { done: false, draft: draftCount, needed: draft.needed };
    },

    /** Takes contents and gives their buffer back, to be filled again. */
    feedTree(id: number, contents: Contents): Uint8Array<ArrayBuffer> {
      const draft = draftOf(id);
      let at = 0;
      for (const length of contents.lengths) {
        draft.feed(contents.bytes.subarray(at, at + length));
        at += length;
      }
      return contents.bytes;
    },

    /** Takes the next part of a content and gives its buffer back. */
    feedPart(id: number, { bytes, lengthBytes, sizeBytes }: Part): Uint8Array<ArrayBuffer> {
      draftOf(id).feedPart(bytes.subarray(0, lengthBytes), sizeBytes);
      return bytes;
    },

    endTree(id: number): Layer {
      const draft = draftOf(id);
      const finished = draft.finish();
      drafts.delete(id);
      return finish(draft.writer, finished);
    },

    abortTree(id: number): void {
      const draft = drafts.get(id);
      drafts.delete(id);
      draft?.abort();
      if (draft !== undefined) rmSync(draft.writer.path, { force: true });
    },

    /** Makes a layer of files of the host; with a baseline, of what differs from that layer. */
    async folderLayer(spec: FolderLayerSpec, baseline: Digest | null): Promise<Layer> {
      const writer = new LayerWriter(draftPath());
      try {
        await addFolders(writer, spec, baseline === null ? [] : records.get(baseline), breathe);
        return finish(writer, writer.finish());
      } catch (error) {
        writer.close();
        rmSync(writer.path, { force: true });
        throw error;
      }
    },

    /** Resolves when a layer is safe on the disk. */
    async settle(digest: Digest): Promise<void> {
      const state = settling.get(digest);
      try {
        await state?.settled;
      } finally {
        if (settling.get(digest) === state) settling.delete(digest);
      }
    },

    /** Makes `folder` a read-only copy of layers on top of each other, out of the service's spare where there is one that helps. */
    async unpack(
      layers: readonly Digest[],
      folder: string,
      writable: readonly string[],
      spare: Spare | null,
    ): Promise<void> {
      const entries = merge(layers);
      const root = join(folder, "root");
      const options = { root, layerPath: pathIn(layers), writable, pool, breathe };
      const note = spare === null ? null : takeSpare(spare.path, folder);
      const before = note === null || note.boot !== spare?.boot ? null : mergeIfThere(note.layers);
      if (before !== null) return changeCopy(before, entries, options);
      await removeTree(folder, breathe);
      mkdirSync(root, { recursive: true });
      await writeCopy(entries, options);
    },

    /** Makes a spare of layers ahead of time, in `draft` at first. */
    async prepareSpare(layers: Digest[], draft: string, spare: Spare): Promise<void> {
      if (existsSync(spare.path)) return;
      const root = join(draft, "root");
      mkdirSync(root, { recursive: true });
      await writeCopy(merge(layers), { root, layerPath: pathIn(layers), writable: [], pool, breathe });
      keepSpare(draft, spare.path, { layers, boot: spare.boot });
    },

    /** Writes what a layer has below `prefix` into a folder, as files of its own that may be changed. */
    async extract(layer: Digest, prefix: string, folder: string): Promise<void> {
      const below = `${prefix}/`;
      const entries = merge([layer])
        .filter(({ entry }) => entry.path.startsWith(below))
        .map((merged) => ({ ...merged, entry: { ...merged.entry, path: merged.entry.path.slice(below.length) } }));
      await writeCopy(entries, { root: folder, layerPath: pathIn([layer]), writable: "all", pool, breathe });
    },

    /** The first path of a copy that is not what the layers say, or null. A shared content that is damaged leaves the pool. */
    async verify(layers: readonly Digest[], root: string, writable: readonly string[]): Promise<string | null> {
      const entries = merge(layers);
      let damaged: string | null = null;
      const bad = await findDamage(entries, root, writable, breathe);
      if (bad !== null) {
        damaged = bad.entry.path;
        for (const { entry } of entries) {
          await breathe();
          if (entry.type === "file") pool.check(entry);
        }
      }
      return damaged;
    },

    async remove(folder: string): Promise<void> {
      await removeTree(folder, breathe);
    },

    /** Removes contents that no copy shares any more; returns the bytes that became free. */
    async sweepPool(): Promise<number> {
      let freed = 0;
      for (const group of readdirSync(paths.pool)) {
        if (group === "drafts") continue;
        await breathe();
        const folder = join(paths.pool, group);
        freed += sweepGroup(folder, readdirSync(folder));
      }
      return freed;
    },
  };
}

export type Tasks = ReturnType<typeof makeTasks>;

function makeLayer(digest: Digest, sizeBytes: number, entries: readonly LayerEntry[]): Layer {
  const files = entries.reduce((count, entry) => (entry.type === "folder" ? count : count + 1), 0);
  return { mediaType: tarMediaType, digest, diffId: digest, sizeBytes, files };
}
