/** What is kept by more or fewer instances. */
export interface ScaledBy {
  concurrency?: number | undefined;
  target?: number | undefined;
  cpuPercent?: number | undefined;
  metric?: { target: number } | undefined;
}

/** A scale in words: `3`, `1 to 5`, `1 to 5, at 70% cpu`, `0 to 5, at most 80 requests each`, `1 to 5, about 70 requests each`, `0 to 5, one for each 100 of its metric`. */
export function scaleText({ min, max, ...by }: { min: number; max: number } & ScaledBy): string {
  return `${min === max ? String(min) : `${min} to ${max}`}${scaledByText(by)}`;
}

/** The load of an instance, to be put behind their number; empty where nothing is said of it. */
export function scaledByText({ concurrency, target, cpuPercent, metric }: ScaledBy): string {
  if (concurrency !== undefined) return `, at most ${concurrency} ${concurrency === 1 ? "request" : "requests"} each`;
  if (target !== undefined) return `, about ${target} requests each`;
  if (metric !== undefined) return `, one for each ${metric.target} of its metric`;
  return cpuPercent === undefined ? "" : `, at ${cpuPercent}% cpu`;
}
