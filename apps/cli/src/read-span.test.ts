import { shareBounds } from "@berth/core/light";
import { expect, test } from "vitest";
import { readSpan } from "./read-span.ts";

const read = (text?: string) => readSpan("--for", text, shareBounds);

test("reads a span of time within its bounds", () => {
  expect([read(), read("12h"), read("365d")]).toEqual([null, 43_200_000, 31_536_000_000]);
});

test.each([
  ["5", "--for 5 is no span of time."],
  ["10y", "--for 10y is no span of time."],
  ["1s", "--for 1s is not from 1m to 365d."],
  ["366d", "--for 366d is not from 1m to 365d."],
])("refuses %s", (text, message) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: "input.invalid", message }));
});
