import type { LayerEntry } from "./entry.ts";

/** A part of a layer's archive that is compressed by itself. */
export interface Chunk {
  /** Where it begins in the archive. */
  offset: number;
  lengthBytes: number;
  /** The number of its first entry. */
  first: number;
  /** How many entries it has: 1 for a part of a large file, 0 for the end of the archive. */
  count: number;
  /** Which part of a large file it is; 0 for any other chunk. */
  part: number;
}

/** About so much goes into a chunk of small files: little to compress again for one that changed, enough to compress well. */
const targetBytes = 128 << 10;
const smallestBytes = 32 << 10;
const largestBytes = 512 << 10;
/** Files above `largestBytes` are cut into parts of this size. */
const partBytes = 1 << 20;

/**
 * Cuts a layer into chunks while it is written. Where a chunk ends follows from the paths and sizes of its own entries, so a change moves
 * no boundary but those next to it, and equal entries are cut alike whatever the layer was made from. Source: content-defined chunking, as in
 * Muthitacharoen et al., "A low-bandwidth network file system" (2001), with paths in place of contents.
 */
export class ChunkCutter {
  #next = 0;
  #first = 0;
  #begin = 0;
  #filled = 0;

  /** The chunks that are whole with these entries; each call gives the entries of the one before and further ones. */
  take(entries: readonly LayerEntry[]): Chunk[] {
    const chunks: Chunk[] = [];
    for (; this.#next < entries.length; this.#next++) {
      const entry = entries[this.#next];
      if (entry === undefined) break;
      if (entry.lengthBytes > largestBytes) {
        this.#close(chunks, this.#next);
        this.#begin = entry.offset + entry.lengthBytes;
        this.#first = this.#next + 1;
        chunks.push(...cutLarge(entry, this.#next));
        continue;
      }
      this.#filled += entry.lengthBytes;
      if (this.#filled >= largestBytes || (this.#filled >= smallestBytes && isBoundary(entry))) {
        this.#close(chunks, this.#next + 1);
      }
    }
    return chunks;
  }

  /** The last chunks of an archive of this size; what follows the entries is one of its own. */
  end(archiveBytes: number): Chunk[] {
    const chunks: Chunk[] = [];
    this.#close(chunks, this.#next);
    const lengthBytes = archiveBytes - this.#begin;
    if (lengthBytes > 0) chunks.push({ offset: this.#begin, lengthBytes, first: this.#next, count: 0, part: 0 });
    return chunks;
  }

  #close(chunks: Chunk[], end: number): void {
    if (this.#filled > 0) {
      const count = end - this.#first;
      chunks.push({ offset: this.#begin, lengthBytes: this.#filled, first: this.#first, count, part: 0 });
    }
    this.#begin += this.#filled;
    this.#first = end;
    this.#filled = 0;
  }
}

function cutLarge(entry: LayerEntry, first: number): Chunk[] {
  return Array.from({ length: Math.ceil(entry.lengthBytes / partBytes) }, (_, part) => {
    const at = part * partBytes;
    const lengthBytes = Math.min(partBytes, entry.lengthBytes - at);
    return { offset: entry.offset + at, lengthBytes, first, count: 1, part };
  });
}

/** Whether a chunk ends with this entry: on average one does in every `targetBytes`. */
function isBoundary(entry: LayerEntry): boolean {
  return hashOf(entry.path) < (entry.lengthBytes / targetBytes) * 2 ** 32;
}

/** FNV-1a over the UTF-16 units of a text, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
