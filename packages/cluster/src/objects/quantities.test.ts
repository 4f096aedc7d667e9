import { expect, test } from "vitest";
import { bytesQuantity, cpuQuantity } from "./quantities.ts";

test.each([
  [512 * 2 ** 20, "512Mi"],
  [2 ** 30, "1Gi"],
  [1_536 * 2 ** 20, "1536Mi"],
  [1_000_000, "1000000"],
  [0, "0"],
])("%d bytes are %s", (bytes, text) => expect(bytesQuantity(bytes)).toBe(text));

test.each([
  [250, "250m"],
  [1_000, "1"],
  [1_500, "1500m"],
])("%d thousandths of a core are %s", (millis, text) => expect(cpuQuantity(millis)).toBe(text));
