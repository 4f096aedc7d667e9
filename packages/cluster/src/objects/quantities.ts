const binaryUnits = ["Gi", "Mi", "Ki"] as const;
const unitBytes = { Gi: 2 ** 30, Mi: 2 ** 20, Ki: 2 ** 10 } as const;

/** Bytes as the API server would write them, so that what it keeps is what was applied: `1Gi`, `512Mi`, `1000`. */
export function bytesQuantity(bytes: number): string {
  const unit = binaryUnits.find((unit) => bytes > 0 && bytes % unitBytes[unit] === 0);
  return unit === undefined ? String(bytes) : `${bytes / unitBytes[unit]}${unit}`;
}

/** Thousandths of a core as the API server would write them: `250m`, `2`. */
export function cpuQuantity(millis: number): string {
  return millis % 1_000 === 0 ? String(millis / 1_000) : `${millis}m`;
}
