import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { rmSync } from "node:fs";
import { BlobWriter } from "../layer/blob-writer.ts";
import { layerMediaTypes } from "../layer/compression.ts";
import type { Compression } from "../layer/compression.ts";
import type { Layer } from "../layer/entry.ts";
import type { LayerStore } from "./layer-store.ts";

/** Members of a given archive are of this size, wherever its entries begin. */
const memberBytes = 1 << 20;

interface ArchiveDraft {
  blob: BlobWriter;
  hash: Hash;
  /** What was taken so far, in order. */
  taken: Promise<void>;
}

/** Layers whose archive is given as it is, by an engine that has made it. */
export function makeArchiveTasks(store: LayerStore, compression: Compression) {
  const drafts = new Map<number, ArchiveDraft>();
  let draftCount = 0;

  function draftOf(id: number): ArchiveDraft {
    const draft = drafts.get(id);
    if (draft === undefined) throw new Error("no such draft");
    return draft;
  }

  async function take({ blob, hash }: ArchiveDraft, bytes: Uint8Array): Promise<void> {
    hash.update(bytes);
    for (let at = 0; at < bytes.length; at += memberBytes) {
      await blob.room();
      // A copy: the buffer goes back to be filled again.
      blob.add(Uint8Array.from(bytes.subarray(at, at + memberBytes)));
    }
  }

  return {
    beginArchive(): number {
      const blob = new BlobWriter(store.draftPath(), compression);
      drafts.set(++draftCount, { blob, hash: createHash("sha256"), taken: Promise.resolve() });
      return draftCount;
    },

    /** Takes the next part, of which all but the last have whole members, and gives its buffer back. */
    async feedArchive(
      id: number,
      bytes: Uint8Array<ArrayBuffer>,
      lengthBytes: number,
    ): Promise<Uint8Array<ArrayBuffer>> {
      const draft = draftOf(id);
      const taken = draft.taken.then(() => take(draft, bytes.subarray(0, lengthBytes)));
      taken.catch(() => {});
      draft.taken = taken;
      await taken;
      return bytes;
    },

    async endArchive(id: number): Promise<Layer> {
      const draft = draftOf(id);
      await draft.taken;
      const { digest, sizeBytes } = await draft.blob.finish();
      drafts.delete(id);
      store.addBlob(draft.blob, digest);
      const diffId = `sha256:${draft.hash.digest("hex")}` as const;
      return { mediaType: layerMediaTypes[compression], digest, diffId, sizeBytes, files: 0 };
    },

    abortArchive(id: number): void {
      const draft = drafts.get(id);
      drafts.delete(id);
      draft?.blob.close();
      if (draft !== undefined) rmSync(draft.blob.path, { force: true });
    },
  };
}
