const maxLineLength = 1000;
const colour = "\u001b\\[[\\d;]*m";
/** Colours are kept; any other escape sequence goes as a whole (CSI, then strings such as titles and links, then the rest). */
const escapes = new RegExp(
  `${colour}|\u001b\\[[0-?]*[ -/]*[@-~]?|\u001b[\\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\\\)?|\u001b[ -/]*[0-~]?`,
  "g",
);
const isColour = new RegExp(`^${colour}$`);
/** Control characters, and those that turn the direction of text or end a line; not tab, and not the escape of a colour. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One line of output as it may reach someone's terminal: nothing in it but text and colours. What a progress bar drew over is left out. */
export function terminalLine(text: string): string {
  const drawn =
    text
      .replace(/[\r\n]+$/, "")
      .split(/[\r\n]/)
      .at(-1) ?? "";
  const kept = drawn.replace(escapes, (sequence) => (isColour.test(sequence) ? sequence : "")).replace(controls, "");
  const line = kept.length > maxLineLength ? `${kept.slice(0, maxLineLength)}…` : kept;
  return line.includes("\u001b") ? `${line}\u001b[0m` : line;
}

/** Without colours too, on one line: for what git prints in a line of its own. */
export function plainLine(text: string): string {
  return terminalLine(text.replaceAll(/[\r\n]+/g, " "))
    .replace(escapes, "")
    .trim();
}
