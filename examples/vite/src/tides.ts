export interface Tide {
  at: Date;
  kind: "high" | "low";
}

/** Half of the time from one high water to the next: 12 h 25 min. */
const halfCycleMs = ((12 * 60 + 25) * 60_000) / 2;

/** The tides of a day on a very even sea. */
export function tidesOf(day: Date): Tide[] {
  const start = new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const first = Math.ceil(start / halfCycleMs);
  const tides: Tide[] = [];
  for (let index = first; index * halfCycleMs < start + 86_400_000; index += 1) {
    tides.push({ at: new Date(index * halfCycleMs), kind: index % 2 === 0 ? "high" : "low" });
  }
  return tides;
}
