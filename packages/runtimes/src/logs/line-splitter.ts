import { StringDecoder } from "node:string_decoder";
import { makeSafe, maxLineChars } from "./log-line.ts";

export interface LineSplitter {
  /** The lines that this chunk completes. */
  push(chunk: Buffer): string[];
  /** What is left after the last chunk. */
  end(): string[];
}

/** Turns the bytes of an output into safe lines: invalid UTF-8 is replaced, long lines are cut at 16 Ki characters. */
export function makeLineSplitter(): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";

  function take(text: string): string[] {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    const result = lines.flatMap(cut);
    while (rest.length > maxLineChars) {
      const end = cutPoint(rest);
      result.push(makeSafe(rest.slice(0, end)));
      rest = rest.slice(end);
    }
    return result;
  }

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      const lines = take(decoder.end());
      if (rest !== "") lines.push(...cut(rest));
      rest = "";
      return lines;
    },
  };
}

function cut(line: string): string[] {
  let text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const pieces: string[] = [];
  while (text.length > maxLineChars) {
    const end = cutPoint(text);
    pieces.push(makeSafe(text.slice(0, end)));
    text = text.slice(end);
  }
  pieces.push(makeSafe(text));
  return pieces;
}

/** Not between the halves of a surrogate pair. */
function cutPoint(text: string): number {
  const last = text.charCodeAt(maxLineChars - 1);
  return last >= 0xd800 && last <= 0xdbff ? maxLineChars - 1 : maxLineChars;
}
