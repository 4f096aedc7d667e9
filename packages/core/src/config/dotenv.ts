import { BerthError } from "../errors.ts";
import { keyPattern } from "./entry.ts";

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"' };

/**
 * Reads the text of a `.env` file: `KEY=value` lines, with `export` before or not, comments, and values in quotes, which may go over
 * lines. In double quotes `\n` and the like are read; what is in single quotes is text as it stands, also `${`. Where a key is there twice
 * the last one holds. Throws `input.invalid` with the line that cannot be read, and nothing of its value.
 */
export function parseDotenv(text: string): Record<string, string> {
  const values: [string, string][] = [];
  const source = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  let at = 0;
  let lineNumber = 1;
  let counted = 0;
  while (at < source.length) {
    const end = endOfLine(source, at);
    const line = source.slice(at, end);
    lineNumber += linesIn(source, counted, at);
    counted = at;
    if (/^\s*(#|$)/.test(line)) {
      at = end + 1;
      continue;
    }
    const begin = /^\s*(?:export\s+)?([^\s=#'"`]+)[^\S\n]*=[^\S\n]*/.exec(line);
    if (begin === null) throw unreadable(lineNumber, "expected KEY=value");
    const key = begin[1]!;
    if (!keyPattern.test(key)) throw unreadable(lineNumber, "expected a name of letters, digits and _ before the =");
    const from = at + begin[0].length;
    const { value, next } = /["'`]/.test(source[from] ?? "")
      ? readQuoted(source, from, lineNumber)
      : { value: withoutComment(source.slice(from, end)), next: end };
    values.push([key, value]);
    at = next + 1;
  }
  return Object.fromEntries(values);
}

function readQuoted(source: string, from: number, line: number): { value: string; next: number } {
  const quote = source[from]!;
  let value = "";
  let at = from + 1;
  for (; source[at] !== quote; at += 1) {
    const character = source[at];
    if (character === undefined) throw unreadable(line, `the ${quote} is not closed`);
    if (quote === '"' && character === "\\") {
      at += 1;
      const escaped = source[at] ?? "";
      // A `\$` is a plain one, which only before a brace has to be said.
      value += escaped === "$" ? (source[at + 1] === "{" ? "$$" : "$") : (escapes[escaped] ?? `\\${escaped}`);
    } else value += character;
  }
  const next = endOfLine(source, at);
  if (!/^\s*(#.*)?$/.test(source.slice(at + 1, next)))
    throw unreadable(line + linesIn(source, from, at), `something follows the closing ${quote}`);
  return { value: quote === '"' ? value : value.replaceAll("${", () => "$${"), next };
}

/** A comment begins with a # after a space. */
function withoutComment(text: string): string {
  return text.replace(/(^|\s)#.*$/, "").trim();
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf("\n", at);
  return end === -1 ? source.length : end;
}

/** How many lines end between two places. */
function linesIn(source: string, from: number, to: number): number {
  return source.slice(from, to).split("\n").length - 1;
}

function unreadable(line: number, what: string): BerthError {
  return new BerthError("input.invalid", `Line ${line} of the file cannot be read: ${what}.`, {
    path: `line ${line}`,
    hint: "Lines look like KEY=value; put a value with spaces, quotes or several lines into double quotes.",
  });
}
