const mebi = 2 ** 20;
const gibi = 2 ** 30;

/** As berth.yaml writes it: `50m`. */
export function cpuText(cpuMillis: number): string {
  return `${cpuMillis}m`;
}

/** As berth.yaml writes it, in whole Mi: `96Mi`, `2Gi`. */
export function memoryText(bytes: number): string {
  return bytes > 0 && bytes % gibi === 0 ? `${bytes / gibi}Gi` : `${Math.ceil(bytes / mebi)}Mi`;
}

/** To a number that people would write, at least 10. */
export function roundCpuUp(cpuMillis: number): number {
  const step = cpuMillis <= 100 ? 10 : cpuMillis <= 1_000 ? 50 : 250;
  return Math.max(10, Math.ceil(cpuMillis / step) * step);
}

/** To a number that people would write, at least 32Mi. */
export function roundMemoryUp(bytes: number): number {
  const step = (bytes <= 256 * mebi ? 16 : bytes <= gibi ? 64 : 256) * mebi;
  return Math.max(32 * mebi, Math.ceil(bytes / step) * step);
}
