import type { OpenLoopResult } from "./open-loop.ts";

/** One change of what is served; times in ms as `machineNow` has them. */
export interface Flip {
  /** What the app answers from then on. */
  text: string;
  askedAt: number;
  acknowledgedAt: number;
}

/**
 * How many answers are from a version that their request should not have met: neither that which was acknowledged last when the request began,
 * nor one that was asked for since, and before the answer. Flips are in the order of their time, each asked for after the one before
 * was acknowledged; the first is what was served before the first request.
 */
export function countWrong(flips: readonly Flip[], { began, ended, answers, texts }: OpenLoopResult): number {
  let wrong = 0;
  let first = 0;
  const sent = [...began.keys()].toSorted((one, other) => began[one]! - began[other]!);
  for (const index of sent) {
    const text = texts[answers[index]!];
    // What is no good answer is counted as a failure.
    if (text === undefined || !text.startsWith("200 ")) continue;
    while (first + 1 < flips.length && flips[first + 1]!.acknowledgedAt <= began[index]!) first++;
    const possible = flips.slice(first).filter(({ askedAt }, at) => at === 0 || askedAt < ended[index]!);
    if (!possible.some((flip) => text === `200 ${flip.text}`)) wrong++;
  }
  return wrong;
}
