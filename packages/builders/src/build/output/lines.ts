import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";

const longestLine = 2000;
const mostLines = 20_000;
const mostCharacters = 4_000_000;
const keptLines = 400;
// oxlint-disable-next-line no-control-regex -- control characters are what is removed
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

export interface LineReader {
  write(chunk: Buffer): void;
  /** Tells what is left without a line's end. */
  end(): void;
}

export interface Output {
  /** Splits one stream; streams are told line by line, never mixed within one. */
  reader(): LineReader;
  /** The last lines, at most 400. */
  last(): string[];
}

/** Turns what a process prints into lines that are safe to show: no escape sequences, of a progress line its last state, nothing endless, and nothing that `mask` replaces. */
export function makeOutput(line: (text: string) => void, mask: (text: string) => string = (text) => text): Output {
  const kept: string[] = [];
  let lines = 0;
  let characters = 0;
  let isFull = false;

  const tell = (raw: string) => {
    const text = cleanLine(raw, mask);
    kept.push(text);
    if (kept.length > keptLines) kept.shift();
    if (isFull) return;
    lines++;
    characters += text.length;
    isFull = lines > mostLines || characters > mostCharacters;
    line(isFull ? "… further output is left out" : text);
  };

  return {
    reader() {
      const decoder = new StringDecoder("utf8");
      let rest = "";
      return {
        write(chunk) {
          const parts = (rest + decoder.write(chunk)).split("\n");
          rest = parts.pop() ?? "";
          for (const part of parts) tell(part);
          // A line without an end must not fill the memory: the last state of a progress line, or the beginning of a long one, is enough.
          if (rest.length > 64 * longestLine) rest = mask(lastState(rest) || rest).slice(0, longestLine + 1);
        },
        end() {
          rest += decoder.end();
          if (rest !== "") tell(rest);
          rest = "";
        },
      };
    },
    last: () => [...kept],
  };
}

/** A line as it is shown. */
function cleanLine(raw: string, mask: (text: string) => string): string {
  // Masked before it is cut: the beginning of a secret tells of it too.
  const text = mask(stripVTControlCharacters(lastState(raw)).replace(control, "")).trimEnd();
  return text.length > longestLine ? `${text.slice(0, longestLine)} …` : text;
}

/** What a terminal would show of a line that returns to its beginning: the last that is not empty. */
function lastState(raw: string): string {
  return raw.split("\r").findLast((part) => part !== "") ?? "";
}
