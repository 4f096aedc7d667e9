/** How many calls may be made. `burst` at once, then `perSecond`. */
export interface CallLimit {
  perSecond: number;
  burst: number;
}

export interface Bucket {
  /** Below zero where calls wait for tokens that are still to come. */
  tokens: number;
  /** When that was so (ms since the epoch). */
  at: number;
}

/** Takes one token, on credit where there is none: whoever takes it waits for `waitMs`, and so calls go in the order in which they came. */
export function takeToken(bucket: Bucket, now: number, limit: CallLimit): { bucket: Bucket; waitMs: number } {
  // A clock that was set back brings no tokens, and takes none.
  const passedMs = Math.max(0, now - bucket.at);
  const tokens = Math.min(limit.burst, bucket.tokens + (passedMs * limit.perSecond) / 1000) - 1;
  return { bucket: { tokens, at: now }, waitMs: tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / limit.perSecond) };
}
