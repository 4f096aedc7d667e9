const minuteMs = 60_000;
const dayMs = 86_400_000;

export interface SpanBounds {
  minMs: number;
  maxMs: number;
}

/** For how long a preview can be kept. */
export const keepBounds: SpanBounds = { minMs: minuteMs, maxMs: 3_650 * dayMs };

/** For how long a link to a protected preview can hold. */
export const shareBounds: SpanBounds = { minMs: minuteMs, maxMs: 365 * dayMs };
