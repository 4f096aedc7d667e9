import { expect, test } from "vitest";
import { readScale } from "./scale-words.ts";

const plain = { min: undefined, max: undefined, reset: false };

test.each<[words: string | undefined, options: Partial<Parameters<typeof readScale>[1]>, change: unknown]>([
  [undefined, {}, null],
  ["web=3", {}, { reset: false, services: { web: { min: 3, max: 3 } } }],
  ["web=3 worker=0", {}, { reset: false, services: { web: { min: 3, max: 3 }, worker: { min: 0, max: 0 } } }],
  ["web", { min: "1", max: "5" }, { reset: false, services: { web: { min: 1, max: 5 } } }],
  ["web api", { max: "5" }, { reset: false, services: { web: { max: 5 }, api: { max: 5 } } }],
  ["web", { reset: true }, { reset: false, services: { web: null } }],
  [undefined, { reset: true }, { reset: true, services: {} }],
])("%j with %j is %j", (words, options, change) => {
  expect(readScale(words, { ...plain, ...options })).toEqual(change);
});

test.each<[words: string | undefined, options: Partial<Parameters<typeof readScale>[1]>, message: string]>([
  ["web", {}, "How many instances of web there should be is missing."],
  ["=3", {}, '"=3" names no service.'],
  ["web=many", {}, 'web cannot be "many".'],
  ["web=", {}, 'web cannot be "".'],
  ["web=-1", {}, 'web cannot be "-1".'],
  ["web=1001", {}, 'web cannot be "1001".'],
  ["web", { min: "1.5" }, '--min cannot be "1.5".'],
  ["web", { min: "5", max: "1" }, "--min 5 is more than --max 1."],
  [undefined, { min: "5" }, "--min and --max need the name of a service."],
  ["web=3", { min: "5" }, "web=3 is a fixed number, and goes without --min, --max and --reset."],
  ["web", { min: "5", reset: true }, "--reset takes bounds back, and sets none."],
])("%j with %j is refused: %s", (words, options, message) => {
  expect(() => readScale(words, { ...plain, ...options })).toThrow(message);
});
