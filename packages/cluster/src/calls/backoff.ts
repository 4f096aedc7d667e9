import type { Random } from "@berth/core";

export interface Backoff {
  firstMs: number;
  mostMs: number;
}

/** How long to wait before the next attempt after so many failures (1 is the first): doubled each time, and anything between half of that and all, so that many that failed together do not come back together. */
export function pauseMs(failures: number, { firstMs, mostMs }: Backoff, random: Random): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(whole * (0.5 + fraction(random) / 2));
}

/** A number from 0 up to, and without, 1. */
export function fraction(random: Random): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
}

/** What a Retry-After header says, in ms from `now`; null where it says nothing that is understood. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
