/** How an instance took a request: `answered` is any status below 500, `erred` one from 500 on or a broken answer, `unreached` no connection at all. */
export type Outcome = "answered" | "erred" | "unreached";

/** So many in a row, and it is left out. A connection that nobody takes says more than an answer that is an error. */
const limits = { erred: 5, unreached: 2 } as const;
const firstRestMs = 1_000;
const longestRestMs = 60_000;
/** Who has done well for so long since its last rest begins with a short one again. */
const forgivenAfterMs = 300_000;

/**
 * How an instance has answered of late, and until when it is left out for that. Each rest is twice as long as the one before.
 * After Envoy's outlier detection (consecutive errors, ejection time), there a multiple of the base for each time.
 */
export class InstanceHealth {
  #erred = 0;
  #unreached = 0;
  #restMs = 0;
  #restsUntil = 0;

  /** Whether it does well, as far as anybody has seen. */
  get isGood(): boolean {
    return this.#erred === 0 && this.#unreached === 0;
  }

  rests(now: number): boolean {
    return now < this.#restsUntil;
  }

  /** Whether it has failed so often in a row that it should be left out. */
  saw(outcome: Outcome): boolean {
    if (outcome === "answered") {
      this.#erred = 0;
      this.#unreached = 0;
      return false;
    }
    if (outcome === "erred") {
      this.#erred++;
      // Somebody was there.
      this.#unreached = 0;
    } else this.#unreached++;
    return this.#erred >= limits.erred || this.#unreached >= limits.unreached;
  }

  /** Leaves it out from now on. The first failure after that leaves it out anew. Returns until when. */
  rest(now: number): number {
    const isForgiven = now - this.#restsUntil >= forgivenAfterMs;
    this.#restMs = this.#restMs === 0 || isForgiven ? firstRestMs : Math.min(2 * this.#restMs, longestRestMs);
    this.#restsUntil = now + this.#restMs;
    this.#erred = limits.erred - 1;
    this.#unreached = limits.unreached - 1;
    return this.#restsUntil;
  }
}
