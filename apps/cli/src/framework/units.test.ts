import { expect, test } from "vitest";
import { ago, duration, moment, span } from "./units.ts";

const minute = 60_000;
const hour = 60 * minute;

test.each([
  [0, "just now"],
  [4_999, "just now"],
  [12_000, "12 s ago"],
  [minute, "1 min ago"],
  [90 * minute, "1 h ago"],
  [47 * hour, "47 h ago"],
  [49 * hour, "2 days ago"],
  [-5_000, "just now"],
])("%i ms ago is %j", (ms, text) => {
  expect(ago(1_000_000_000_000 - ms, 1_000_000_000_000)).toBe(text);
});

test("a span has no word around it", () => {
  expect(span(3 * hour)).toBe("3 h");
});

test.each([
  [0, "0 ms"],
  [48.4, "48 ms"],
  [2_345, "2.3 s"],
  [30_000, "30 s"],
  [59_960, "1 min 0 s"],
  [72_000, "1 min 12 s"],
])("%d ms last %j", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("a moment is in local time", () => {
  expect(moment(new Date(2026, 0, 31, 2, 4, 5).getTime())).toBe("2026-01-31 02:04:05");
});
