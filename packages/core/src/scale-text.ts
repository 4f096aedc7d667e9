/** A scale in words: `3`, `1 to 5`, `1 to 5, at 70% cpu`. */
export function scaleText({
  min,
  max,
  cpuPercent,
}: {
  min: number;
  max: number;
  cpuPercent?: number | undefined;
}): string {
  const number = min === max ? String(min) : `${min} to ${max}`;
  return cpuPercent === undefined ? number : `${number}, at ${cpuPercent}% cpu`;
}
