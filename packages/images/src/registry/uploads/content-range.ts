/** First and last byte of a part that is sent, both included. */
export interface ContentRange {
  first: number;
  last: number;
}

/** Reads a `Content-Range` as the distribution spec writes it (`0-1023`), or as HTTP does (`bytes 0-1023/2048`); null where it is neither. */
export function parseContentRange(text: string): ContentRange | null {
  const found = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(text.trim());
  if (found === null) return null;
  const [first, last] = [Number(found[1]), Number(found[2])];
  return last < first ? null : { first, last };
}
