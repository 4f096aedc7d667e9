import { ChunkCutter } from "./chunks.ts";
import type { Chunk } from "./chunks.ts";
import type { LayerEntry } from "./entry.ts";
import type { Member } from "./blob-writer.ts";

/** A member of a blob and where in the blob it begins. */
export interface PlacedMember {
  member: Member;
  blobOffset: number;
}

/** Looks up the member of an earlier blob that a chunk of these entries was compressed to; null where there is none. */
export type FindMember = (chunk: Chunk, entries: readonly LayerEntry[]) => PlacedMember | null;

/** Finds of a layer's chunks those that an earlier layer has had: the ones whose entries are equal, for these say every byte of a chunk. */
export function makeFindMember(entries: readonly LayerEntry[], members: readonly Member[]): FindMember {
  const cutter = new ChunkCutter();
  const archiveBytes = members.reduce((sum, member) => sum + member.plainBytes, 0);
  const chunks = [...cutter.take(entries), ...cutter.end(archiveBytes)];
  // One that was cut by other rules than these has nothing to give.
  if (chunks.some((chunk, index) => chunk.lengthBytes !== members[index]?.plainBytes)) return () => null;
  const known = new Map<string, { chunk: Chunk; placed: PlacedMember }>();
  let blobOffset = 0;
  for (const [index, chunk] of chunks.entries()) {
    const member = members[index];
    if (member === undefined) break;
    known.set(keyOf(chunk, entries), { chunk, placed: { member, blobOffset } });
    blobOffset += member.sizeBytes;
  }
  return (chunk, others) => {
    const found = known.get(keyOf(chunk, others));
    return found !== undefined && hasEqualEntries(found.chunk, entries, chunk, others) ? found.placed : null;
  };
}

function keyOf(chunk: Chunk, entries: readonly LayerEntry[]): string {
  return chunk.count === 0 ? "" : `${chunk.part}/${entries[chunk.first]?.path}`;
}

function hasEqualEntries(a: Chunk, ofA: readonly LayerEntry[], b: Chunk, ofB: readonly LayerEntry[]): boolean {
  if (a.count !== b.count || a.lengthBytes !== b.lengthBytes) return false;
  for (let at = 0; at < a.count; at++) {
    const [one, other] = [ofA[a.first + at], ofB[b.first + at]];
    if (one === undefined || other === undefined || !isEqual(one, other)) return false;
  }
  return true;
}

function isEqual(a: LayerEntry, b: LayerEntry): boolean {
  return (
    a.path === b.path &&
    a.type === b.type &&
    a.executable === b.executable &&
    a.sizeBytes === b.sizeBytes &&
    a.sha256 === b.sha256 &&
    a.target === b.target &&
    a.owner === b.owner
  );
}
