import { describe, expect, it } from "vitest";
import { makeLineSplitter } from "./line-splitter.ts";
import { formatLogLine, maxLineChars, parseLogLine } from "./log-line.ts";

function split(...chunks: (string | Buffer)[]): string[] {
  const splitter = makeLineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}

describe("makeLineSplitter", () => {
  it("joins lines over chunks, and characters over chunks", () => {
    const bytes = Buffer.from("größer\nals");
    expect(split(bytes.subarray(0, 3), bytes.subarray(3), " das\n\n")).toEqual(["größer", "als das", ""]);
  });

  it("takes a carriage return before the end of a line away", () => {
    expect(split("one\r\ntwo\r\n")).toEqual(["one", "two"]);
  });

  it("cuts long lines without losing or breaking a character", () => {
    const text = `${"a".repeat(maxLineChars - 1)}😀${"b".repeat(maxLineChars * 2)}`;
    const lines = split(text, "\n");
    expect(lines.join("")).toBe(text);
    expect(Math.max(...lines.map((line) => line.length))).toBe(maxLineChars);
  });

  it("gives a line that never ends out as it comes, so that it cannot fill the memory", () => {
    const splitter = makeLineSplitter();
    const lines = splitter.push(Buffer.alloc(10 * maxLineChars, "x"));
    expect(lines.length).toBeGreaterThanOrEqual(9);
  });

  it("replaces what is no text and what could steer a terminal, and keeps tabs and colours", () => {
    expect(split(Buffer.from([0xc3, 0x28, 0x0a]))).toEqual(["\ufffd("]);
    expect(split("\u001b]0;title\u0007\t\u001b[1;32mok\u001b[0m\u001b[2J\n")).toEqual([
      "\ufffd]0;title\ufffd\t\u001b[1;32mok\u001b[0m\ufffd[2J",
    ]);
  });

  it("makes lines that the log's format carries unchanged", () => {
    const [line = ""] = split("a\u2028b c  d\u0085\n");
    expect(parseLogLine(formatLogLine(5, "stderr", line).slice(0, -1))).toEqual({
      at: 5,
      nanos: null,
      stream: "stderr",
      text: line,
    });
    expect(parseLogLine("no line of ours")).toBeNull();
  });
});
