/** What was asked for within a delay and is not outdone by what was asked for later: falling counts, each with when it ends to matter. */
export type Hold = readonly { count: number; until: number }[];

export const beginHold: Hold = [];

/** Goes on with what is asked for now. The first is the most of the delay (a sliding maximum: Lemire 2006, "Streaming maximum-minimum filter"). */
export function hold(before: Hold, count: number, delayMs: number, now: number): Hold {
  const until = now + delayMs;
  const last = before.at(-1);
  // What was asked for last was so until just now.
  const renewed = last === undefined ? before : [...before.slice(0, -1), { ...last, until }];
  return [...renewed.filter((each) => each.count > count && each.until > now), { count, until }];
}

/** When the most becomes less though nothing else is asked for. */
export function holdEndsAt(held: Hold): number | null {
  return held.length > 1 ? held[0]!.until : null;
}
