import { expect, test } from "vitest";
import { sizeText } from "./size-text.ts";

test.each([
  [0, "0 B"],
  [1_000, "1000 B"],
  [1_024, "1 KiB"],
  [52_428_800, "50 MiB"],
  [54_840_000, "52.3 MiB"],
  [1_073_741_000, "1 GiB"],
])("%i bytes are %j", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
