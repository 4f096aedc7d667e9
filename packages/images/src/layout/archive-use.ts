/** An archive of the cache. */
export interface ArchiveUse {
  name: string;
  sizeBytes: number;
  /** In ms since the epoch. */
  usedAt: number;
  /** Whether the layer that it belongs to is still there. */
  hasBlob: boolean;
}

/** What was used so lately stays, whatever it takes. */
const freshMs = 3_600_000;
const unusedMs = 7 * 86_400_000;
/** So much is kept of what is not fresh. */
const mostBytes = 4 * 2 ** 30;

/** Which archives go: those without a layer, those unused for a week, and, where there is too much, those that were used the longest ago. */
export function chooseArchivesToDrop<T extends ArchiveUse>(archives: readonly T[], now: number): T[] {
  let keptBytes = 0;
  return archives
    .toSorted((a, b) => b.usedAt - a.usedAt)
    .filter(({ sizeBytes, usedAt, hasBlob }) => {
      if (!hasBlob || usedAt < now - unusedMs) return true;
      if (usedAt < now - freshMs && keptBytes + sizeBytes > mostBytes) return true;
      keptBytes += sizeBytes;
      return false;
    });
}
