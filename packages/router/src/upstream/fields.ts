/** Of all heads of an answer together, and of its trailers. */
export const maxHeadBytes = 65_536;

const fieldLines = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;

const field = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;

/** A header on its line, as it goes out; null where it would be anything else than this one header. */
export function makeFieldLine(name: string, value: string): string | null {
  const line = `${name}: ${value}`;
  return field.test(line) ? `${line}\r\n` : null;
}

/** Whether a text is nothing but whole header lines and the empty one that ends them (RFC 9112, 5, without line folding). */
export function areFieldLines(text: string): boolean {
  return fieldLines.test(text);
}

/** Names and values in turn, as they were written, of header lines that begin at `from` and end with an empty one. */
export function readFields(text: string, from: number): string[] {
  const fields: string[] = [];
  const last = text.length - 2;
  for (let at = from; at < last;) {
    const colon = text.indexOf(":", at);
    const lineEnd = text.indexOf("\r\n", colon);
    let start = colon + 1;
    while (isBlank(text.charCodeAt(start))) start++;
    let end = lineEnd;
    // A tab stays, as in a coding that is no plain `chunked` by it.
    while (end > start && text.charCodeAt(end - 1) === space) end--;
    fields.push(text.slice(at, colon), text.slice(start, end));
    at = lineEnd + 2;
  }
  return fields;
}

/** Whether a text that has not come to its empty line yet has something in it that no header has: there is no use in waiting for the rest. */
export function isSpoiled(text: string): boolean {
  return /(?:^|[^\r])\n|\r[^\n]|\0/.test(text);
}

const space = 32;
const tab = 9;

function isBlank(code: number): boolean {
  return code === space || code === tab;
}
