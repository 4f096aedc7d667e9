import type { Digest } from "@berth/core";
import { layerMediaTypes } from "../layer/compression.ts";
import type { Compression } from "../layer/compression.ts";
import type { Breathe, EarlierBlob } from "../layer/compressor.ts";
import type { Layer, LayerEntry } from "../layer/entry.ts";
import { addFolders } from "../layer/folder-layer.ts";
import { LayerDraft } from "../layer/layer-draft.ts";
import type { FinishedLayer } from "../layer/layer-draft.ts";
import type { LayerRecord } from "../layer/record.ts";
import { makeFindMember } from "../layer/reuse.ts";
import { TreeDraft } from "../layer/tree-draft.ts";
import type { PreviousArchive } from "../layer/tree-draft.ts";
import { decodeFiles } from "../layer/tree-files.ts";
import type { FolderLayerSpec } from "../layer/walk.ts";
import { LayerWriter } from "../layer/writer.ts";
import type { LayerStore } from "./layer-store.ts";
import { Problem } from "./problem.ts";

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

interface Previous {
  digest: Digest;
  record: LayerRecord;
  archive: PreviousArchive;
}

interface Begun {
  tree: TreeDraft;
  layer: LayerDraft;
}

/** The making of layers. `compression` is of those that are made from now on. */
export function makeLayerTasks(store: LayerStore, compression: Compression, breathe: Breathe) {
  const drafts = new Map<number, Begun>();
  let draftCount = 0;

  function draftOf(id: number): Begun {
    const draft = drafts.get(id);
    if (draft === undefined) throw new Error("no such draft");
    return draft;
  }

  function earlierBlob(digest: Digest, record: LayerRecord): EarlierBlob | null {
    if (record.mediaType !== layerMediaTypes[compression] || record.members.length === 0) return null;
    return { path: store.blobOf(digest), find: makeFindMember(record.entries, record.members) };
  }

  const begin = (writer: LayerWriter, earlier: EarlierBlob | null) =>
    new LayerDraft(writer, { path: store.draftPath(), compression, earlier, breathe });

  /** A layer to build upon. One that is gone or damaged costs time alone. */
  async function openPrevious(digest: Digest | null): Promise<Previous | null> {
    if (digest === null || !store.isThere(digest)) return null;
    try {
      const record = await store.record(digest);
      return { digest, record, archive: { path: await store.archive(digest), entries: record.entries } };
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  }

  /** Ends a layer. What it contains can be used at once; `settle` says when it is safe on the disk. */
  function keep({ digest, record, archive, blob }: FinishedLayer): Layer {
    store.addBlob(blob, digest);
    store.keep(digest, record, archive);
    return makeLayer(digest, record);
  }

  return {
    /** Begins the layer of a source tree below `prefix`; its files are as `encodeFiles` says them. `writable` are paths of the image. */
    async beginTree(
      prefix: string,
      files: string,
      writable: readonly string[],
      previous: Digest | null,
    ): Promise<TreeStart> {
      const before = await openPrevious(previous);
      const tree = new TreeDraft(store.draftPath(), prefix, decodeFiles(files), writable, before?.archive ?? null);
      const layer = begin(tree.writer, before === null ? null : earlierBlob(before.digest, before.record));
      if (before !== null && tree.unchanged && before.record.mediaType === layerMediaTypes[compression]) {
        tree.close();
        layer.abort();
        return { done: true, layer: makeLayer(before.digest, before.record) };
      }
      drafts.set(++draftCount, { tree, layer });
      return { done: false, draft: draftCount, needed: tree.needed };
    },

    /** Takes contents and gives their buffer back, to be filled again. */
    feedTree(id: number, contents: Contents): Uint8Array<ArrayBuffer> {
      const { tree, layer } = draftOf(id);
      let at = 0;
      for (const length of contents.lengths) {
        tree.feed(contents.bytes.subarray(at, at + length));
        at += length;
      }
      layer.advance();
      return contents.bytes;
    },

    /** Takes the next part of a content and gives its buffer back. */
    feedPart(id: number, { bytes, lengthBytes, sizeBytes }: Part): Uint8Array<ArrayBuffer> {
      const { tree, layer } = draftOf(id);
      tree.feedPart(bytes.subarray(0, lengthBytes), sizeBytes);
      layer.advance();
      return bytes;
    },

    async endTree(id: number): Promise<Layer> {
      const { tree, layer } = draftOf(id);
      await tree.finish(() => {
        layer.advance();
        return breathe();
      });
      const finished = await layer.finish();
      drafts.delete(id);
      return keep(finished);
    },

    abortTree(id: number): void {
      const draft = drafts.get(id);
      drafts.delete(id);
      draft?.tree.close();
      draft?.layer.abort();
    },

    /** Makes a layer of files of the host; with a baseline, of what differs from that layer. `previous` is one that is likely to have much in common. */
    async folderLayer(
      spec: FolderLayerSpec,
      writable: readonly string[],
      baseline: Digest | null,
      previous: Digest | null,
    ): Promise<Layer> {
      const below: readonly LayerEntry[] = baseline === null ? [] : (await store.record(baseline)).entries;
      const before = previous !== null && store.isThere(previous) ? await store.record(previous) : null;
      const earlier = previous === null || before === null ? null : earlierBlob(previous, before);
      const layer = begin(new LayerWriter(store.draftPath()), earlier);
      try {
        await addFolders(layer.writer, spec, writable, below, () => {
          layer.advance();
          return breathe();
        });
        return keep(await layer.finish());
      } catch (error) {
        layer.abort();
        throw error;
      }
    },

    settle: (digest: Digest) => store.settle(digest),
  };
}

function makeLayer(digest: Digest, { mediaType, diffId, sizeBytes, entries }: LayerRecord): Layer {
  const files = entries.reduce((count, entry) => (entry.type === "folder" ? count : count + 1), 0);
  return { mediaType, digest, diffId, sizeBytes, files };
}
