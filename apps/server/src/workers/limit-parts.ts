/** How a limit is kept by several processes: each may always have its `base`, and what is left is claimed in parts. */
export interface LimitParts {
  base: number;
  /** What a part holds; the last one may hold less. */
  size: number;
  count: number;
  /** What the last one holds. */
  last: number;
}

/** Few enough that looking for a free one takes no time, and many enough that what is claimed and not used yet is little. */
const mostParts = 64;

/** Bases and parts together are exactly the limit. Half of it is for who has much to do: connections come to all processes alike. */
export function makeLimitParts(limit: number, processes: number): LimitParts {
  const base = Math.floor(limit / (2 * processes));
  const pool = limit - base * processes;
  const size = Math.ceil(pool / mostParts);
  const count = Math.ceil(pool / size);
  return { base, size, count, last: pool - size * (count - 1) };
}

/** How much one may have that has claimed these parts. */
export function quotaOf({ base, size, count, last }: LimitParts, claimed: readonly number[]): number {
  return claimed.reduce((quota, part) => quota + (part === count - 1 ? last : size), base);
}

/** Whether who uses so many should give one back: not the one that the next request would claim again. */
export function isSpare(parts: LimitParts, quota: number, used: number): boolean {
  return used <= parts.base || quota - used >= parts.size + (parts.size >> 1);
}
