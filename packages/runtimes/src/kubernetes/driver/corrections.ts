import type { Clock } from "@berth/core";

/** So many in a row are no quarrel: somebody tries something out. */
const freeCorrections = 3;
const firstHoldMs = 2_000;
const longestHoldMs = 300_000;
/** After so long without one, a correction is the first again. */
const forgetMs = 600_000;

interface Correction {
  count: number;
  at: number;
  heldUntil: number;
}

/** How often each object was put back: where another program insists on its change, Berth does so with growing pauses instead of without end. */
export class Corrections {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Correction>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that an object was put back. Returns until when it is left as it is after this, ms since the epoch; null: it is put back at once. */
  note(key: string): number | null {
    const now = this.#clock.now();
    for (const [known, { at }] of this.#byKey) if (now - at > forgetMs) this.#byKey.delete(known);
    const count = (this.#byKey.get(key)?.count ?? 0) + 1;
    const excess = count - freeCorrections;
    const heldUntil = excess <= 0 ? 0 : now + Math.min(longestHoldMs, firstHoldMs * 2 ** (excess - 1));
    this.#byKey.set(key, { count, at: now, heldUntil });
    return heldUntil === 0 ? null : heldUntil;
  }

  isHeld(key: string): boolean {
    return (this.#byKey.get(key)?.heldUntil ?? 0) > this.#clock.now();
  }
}
