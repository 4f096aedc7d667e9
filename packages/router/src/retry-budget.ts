/** What a retry costs; each request brings 1, so that one in five may be sent again. */
const cost = 5;
/** Ten retries a second may be made however few requests there are. */
const leastPerSecond = 10 * cost;
/** What may be saved up: a hundred retries. */
const most = 100 * cost;

/**
 * Bounds retries to a share of the requests, so that they do not multiply a load that is too large already. After Finagle's
 * RetryBudget (20 % and at least ten a second), as a bucket that requests and time fill.
 */
export class RetryBudget {
  #balance = leastPerSecond;
  #filledAt: number;

  constructor(now: number) {
    this.#filledAt = now;
  }

  /** A request came. */
  deposit(): void {
    this.#balance = Math.min(most, this.#balance + 1);
  }

  /** Whether one may be sent again, which is counted. */
  withdraw(now: number): boolean {
    if (this.#balance < leastPerSecond) {
      const gained = (Math.max(0, now - this.#filledAt) / 1_000) * leastPerSecond;
      this.#balance = Math.min(leastPerSecond, this.#balance + gained);
    }
    this.#filledAt = now;
    if (this.#balance < cost) return false;
    this.#balance -= cost;
    return true;
  }
}
