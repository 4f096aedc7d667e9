import { expect, it } from "vitest";
import { scaleText } from "./scale-text.ts";

it.each([
  [{ min: 3, max: 3 }, "3"],
  [{ min: 1, max: 5 }, "1 to 5"],
  [{ min: 1, max: 5, cpuPercent: 70 }, "1 to 5, at 70% cpu"],
  [{ min: 0, max: 5, concurrency: 80 }, "0 to 5, at most 80 requests each"],
  [{ min: 1, max: 5, target: 70 }, "1 to 5, about 70 requests each"],
  [{ min: 0, max: 5, metric: { target: 100 } }, "0 to 5, one for each 100 of its metric"],
  [{ min: 2, max: 2, concurrency: 1 }, "2, at most 1 request each"],
])("the text of %j is %s", (scale, text) => {
  expect(scaleText(scale)).toBe(text);
});
