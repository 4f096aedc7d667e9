import { expect, test } from "vitest";
import { plainLine, terminalLine } from "./plain-text.ts";

test.each([
  ["plain text, tabs and umlauts", "a\tü 日本", "a\tü 日本"],
  ["a colour, which is ended", "\u001b[1;31mred", "\u001b[1;31mred\u001b[0m"],
  ["no cursor movement and no clearing", "a\u001b[2Jb\u001b[10;5Hc\u001b[?25ld", "abcd"],
  ["no title and no link", "\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b", "ab"],
  ["no device control strings", "\u001bP1$r0m\u001b\\a\u001b_x\u001b\\b", "ab"],
  ["no bells, no backspaces, no 8-bit controls", "a\u0007\b\u009b2J\u0085b\u007f", "a2Jb"],
  ["no reversed text", "a\u202eb\u2066c", "abc"],
  ["what a progress bar drew last", "10%\r50%\r100%\r\n", "100%"],
  ["no unfinished escape", "a\u001b", "a"],
  ["no unfinished sequence", "a\u001b[12", "a"],
])("a line for a terminal keeps %s", (_what, text, expected) => {
  expect(terminalLine(text)).toBe(expected);
});

test("a very long line is cut", () => {
  expect(terminalLine("x".repeat(5000))).toHaveLength(1001);
});

test("a plain line has neither colours nor line ends", () => {
  expect(plainLine("\u001b[31ma\nb\u001b[0m ")).toBe("a b");
});
