import type { Clock } from "@berth/core";

interface Wait {
  until: number;
  end(): void;
}

/** The pause between two looks, unless a deadline is shorter. Most are of many seconds: a timer for each would cost more than it is worth. */
const lookEveryMs = 1_000;

/** Deadlines that are moved far more often than they are missed. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waits = new Map<object, Wait>();
  #looks = false;
  #pauseMs = lookEveryMs;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `end` once `ms` have passed, unless this is called again for the same, or cleared. */
  set(of: object, ms: number, end: () => void): void {
    this.#pauseMs = Math.min(this.#pauseMs, ms);
    const wait = this.#waits.get(of);
    const until = this.#clock.now() + ms;
    if (wait === undefined) this.#waits.set(of, { until, end });
    else {
      wait.until = until;
      wait.end = end;
    }
    if (!this.#looks) void this.#look();
  }

  clear(of: object): void {
    this.#waits.delete(of);
  }

  async #look(): Promise<void> {
    this.#looks = true;
    while (this.#waits.size > 0) {
      await this.#clock.sleep(this.#pauseMs);
      const now = this.#clock.now();
      for (const [of, { until, end }] of this.#waits) {
        if (until > now) continue;
        this.#waits.delete(of);
        end();
      }
    }
    this.#looks = false;
  }
}
