import { widthOf } from "../../framework/output.ts";
import type { PlanView } from "./plan.ts";

/** A name with its lines. */
export type Fact = [name: string, lines: readonly string[]];

const nameWidth = 9;
/** Longer lines are hard to read, however wide the screen is. */
const widest = 80;

/** Names on the left, what belongs to them on the right, broken where it is longer than the screen. */
export function facts(rows: readonly Fact[], view: PlanView): string {
  const indent = " ".repeat(nameWidth + 2);
  const lines = rows.flatMap(([name, texts]) => {
    const label = `  ${view.style.dim(name.padEnd(nameWidth))}`;
    return texts.flatMap((text, index) => hanging(index === 0 ? label : indent, text, view));
  });
  return lines.join("\n");
}

/** A text behind a label, its further lines below its first. */
export function hanging(label: string, text: string, { width }: PlanView): string[] {
  const column = widthOf(label);
  const lines = breakLine(text, Math.min(width, widest) - column);
  return lines.map((line, index) => (index === 0 ? label : " ".repeat(column)) + line);
}

/** A text in lines of at most a width, broken between words; what goes on is indented. */
function breakLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= width || line.trim() === "") line = lines.length > 0 && line === "" ? `  ${word}` : longer;
    else {
      lines.push(line);
      line = `  ${word}`;
    }
  }
  return [...lines, line];
}
