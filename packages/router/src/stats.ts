/** Upper bounds of the duration histogram, in seconds: from an answer out of memory to one that is waited for. */
export const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** What became of a request: the class of its status, or that its client left before there was one. */
export const outcomes = ["cancelled", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** What the requests of one workload came to, since this router has it. */
export class RequestStats {
  /** By place in `outcomes`. */
  readonly byOutcome = Array.from(outcomes, () => 0);
  /** By place in `durationBounds`, each for itself; the last is for all that took longer. */
  readonly byDuration = Array.from({ length: durationBounds.length + 1 }, () => 0);
  totalMs = 0;
  wakes = 0;

  /** `status` 0: there was no answer. */
  record(status: number, durationMs: number): void {
    const outcome = Math.trunc(status / 100);
    this.byOutcome[outcome] = (this.byOutcome[outcome] ?? 0) + 1;
    const place = placeOf(durationMs / 1_000);
    this.byDuration[place] = (this.byDuration[place] ?? 0) + 1;
    this.totalMs += durationMs;
  }
}

function placeOf(seconds: number): number {
  let place = 0;
  while (place < durationBounds.length && seconds > (durationBounds[place] ?? 0)) place++;
  return place;
}
