import { stripVTControlCharacters } from "node:util";

/** Colours, or none where nobody would see them. */
export interface Style {
  isOn: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  /** One of six colours, the same for the same number. */
  colour(number: number, text: string): string;
}

const distinct = [36, 35, 34, 33, 32, 96] as const;

export function makeStyle(isOn: boolean): Style {
  const paint = (open: number, close: number) => (text: string) =>
    isOn ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    isOn,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    colour: (number, text) => paint(distinct[number % distinct.length]!, 39)(text),
  };
}

/** Rows as aligned columns, two spaces apart; the last cell of a row is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.slice(0, -1).entries()) {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat(widths[index]! - widthOf(cell))))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Rows under headings. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  return columns([headings.map((heading) => style.dim(heading)), ...rows]);
}

/** How many columns a text takes on a terminal, colours aside. Counts characters; wide ones are rare in what Berth aligns. */
export function widthOf(text: string): number {
  return text.includes("\u001b") ? stripVTControlCharacters(text).length : text.length;
}

/** The text on one line, cut to a width with `…`. */
export function cut(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** Text broken into lines of at most a width, between words. */
export function wrap(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] === "" ? word : `${lines[last]} ${word}`;
    if (longer.length <= width || lines[last] === "") lines[last] = longer;
    else lines.push(word);
  }
  return lines.join("\n");
}

/** `1 instance`, `2 instances`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
