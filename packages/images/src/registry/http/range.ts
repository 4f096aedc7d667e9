import type { ByteRange } from "../../layout/blob-store.ts";

/**
 * What of a content of `sizeBytes` a `Range` header asks for. Null means all of it: also where several ranges are asked for, or something that is no
 * range, as RFC 9110, 14.2 lets a server do.
 */
export function selectRange(header: string | undefined, sizeBytes: number): ByteRange | "unsatisfiable" | null {
  const found = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/.exec((header ?? "").trim());
  if (found === null) return null;
  const [, first, last, suffix] = found;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), sizeBytes);
    return length === 0 ? "unsatisfiable" : { first: sizeBytes - length, last: sizeBytes - 1 };
  }
  const range = { first: Number(first), last: Math.min(last === undefined ? Infinity : Number(last), sizeBytes - 1) };
  return range.first > range.last ? "unsatisfiable" : range;
}

/** Whether an `If-None-Match` (or `If-Range`) names this entity tag. */
export function matchesTag(header: string | undefined, entityTag: string): boolean {
  return (header ?? "").split(",").some((tag) => tag.trim().replace(/^W\//, "") === entityTag || tag.trim() === "*");
}
