/** 2000-01-01T00:00:00Z: folders have this time, and no file an earlier one. */
export const earliestMtime = 946_684_800;
/** Twenty years: content is spread over 2000 to 2019, so that every time lies in the past. */
const spanSeconds = 631_152_000;

/**
 * The modification time of a file in an image, in seconds since the epoch: made from the first bytes of its content's SHA-256.
 * It is the same on every machine, and another one when the content changes, so that a server which builds ETags from
 * size and mtime does not answer 304 for a changed file of equal size.
 */
export function contentMtime(sha256: string): number {
  return earliestMtime + (Number.parseInt(sha256.slice(0, 8), 16) % spanSeconds);
}
