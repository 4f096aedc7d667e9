/** A time, ms since the epoch, as a `MicroTime`: the API server takes microseconds, and nothing shorter. */
export function microTime(at: number): string {
  return new Date(at).toISOString().replace("Z", "000Z");
}
