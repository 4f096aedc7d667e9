/** How often a page may lead to an app that was not there the last time, within which time. */
const maxTurns = 5;
const withinMs = 600_000;
/** All pages of one start turn together. */
const togetherMs = 1_000;

/** Keeps wake pages from asking for ever for an app that comes up and goes down again, over and over. */
export class WakeGuard {
  #turns: number[] = [];

  /** Whether a page may ask again now. */
  allows(now: number): boolean {
    const last = this.#turns.at(-1);
    if (last === undefined || now - last >= togetherMs)
      this.#turns = [...this.#turns.filter((at) => now - at < withinMs), now].slice(-maxTurns - 1);
    return this.#turns.length <= maxTurns;
  }
}
