/** By which share of their full size bodies, connections, apps and flips are made: for a look at whether it all runs. */
const scale = Number(process.env["BENCH_SCALE"] ?? 1);

/** Whole, and at least 1. Throws where BENCH_SCALE is no share. */
export function scaled(full: number): number {
  if (!(scale > 0 && scale <= 1)) throw new Error(`BENCH_SCALE is ${scale}: it takes a number above 0, up to 1`);
  return Math.max(1, Math.round(full * scale));
}
