const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const memoryUnits = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 } as const;

/** Reads `500ms`, `5s`, `10m`, `2h` or `7d` as milliseconds; null where it is none of them. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match === null ? null : Math.round(Number(match[1]) * durationUnits[match[2] as keyof typeof durationUnits]);
}

/** A duration as berth.yaml has it, in the largest unit that leaves no fraction: `90s`, `5m`. */
export function writtenDuration(ms: number): string {
  const [unit, size] = Object.entries(durationUnits).findLast(([, size]) => ms % size === 0 && ms >= size) ?? [
    "s",
    1000,
  ];
  return `${ms / size}${unit}`;
}

/** Reads `256Mi`, `1Gi`, `512M` as bytes; null where it is none of them. */
export function parseMemoryBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G)$/.exec(text);
  return match === null ? null : Math.round(Number(match[1]) * memoryUnits[match[2] as keyof typeof memoryUnits]);
}

/** Reads `250m` or `0.5` as thousandths of a core; null where it is neither. */
export function parseCpuMillis(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * (match[2] === "m" ? 1 : 1000));
}

/** Reads `70%` as 70; null where it is no whole number of percents between 1 and 100. */
export function parsePercent(text: string): number | null {
  const percent = Number(/^(\d{1,3})%$/.exec(text)?.[1] ?? 0);
  return percent >= 1 && percent <= 100 ? percent : null;
}
