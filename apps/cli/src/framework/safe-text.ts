import { stripVTControlCharacters } from "node:util";

/** Colours; or a control character, or one that turns the direction of text or hides it. Tab and line feed are text. */
const special =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /\u001b\[[0-9;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text of unknown origin made safe for a terminal: colours stay (or go, where there are none), and whatever else would move
 * the cursor, change the terminal or hide text is shown as `\x1b` or `\u202e`.
 */
export function safeText(text: string, keepsColours: boolean): string {
  const shown = text.replace(special, (match) => (match.length > 1 ? match : escaped(match)));
  return keepsColours ? shown : stripVTControlCharacters(shown);
}

/** The same for a line of output, which may leave its colour on and may end as Windows ends lines. */
export function safeLine(text: string, keepsColours: boolean): string {
  const line = safeText(text.replace(/\r$/, ""), keepsColours);
  return line.includes("\u001b[") ? `${line}\u001b[0m` : line;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
}
