import { expect, test } from "vitest";
import { safeLine, safeText } from "./safe-text.ts";

test("text keeps its colours, tabs and line feeds", () => {
  expect(safeText("a\tb\n\u001b[1;31mred\u001b[0m ✓ 日本", true)).toBe("a\tb\n\u001b[1;31mred\u001b[0m ✓ 日本");
});

test("text has no colours where there are none", () => {
  expect(safeText("\u001b[31mred\u001b[0m", false)).toBe("red");
});

test.each([
  ["moves the cursor", "\u001b[2Ja", "\\x1b[2Ja"],
  ["sets the window's title", "\u001b]0;owned\u0007", "\\x1b]0;owned\\x07"],
  ["rings", "\u0007", "\\x07"],
  ["overwrites the line", "good\rbad", "good\\x0dbad"],
  ["is an eight-bit control", "\u009b2J", "\\x9b2J"],
  ["turns the direction of text", "a\u202eb", "a\\u202eb"],
  ["is zero", "a\u0000b", "a\\x00b"],
])("what %s is shown instead", (_, text, shown) => {
  expect(safeText(text, true)).toBe(shown);
  expect(safeText(text, false)).toBe(shown);
});

test("a line that leaves its colour on does not colour the next", () => {
  expect(safeLine("\u001b[31mred\r", true)).toBe("\u001b[31mred\u001b[0m");
  expect(safeLine("plain\r", true)).toBe("plain");
});
