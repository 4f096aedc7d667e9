import { expect, test } from "vitest";
import { findPattern } from "./find-pattern.ts";

test("a pattern is found or not, and one that would take for ever is given up", () => {
  expect(findPattern("^sk_", "sk_live")).toBe(true);
  expect(findPattern("^sk_", "pk_live")).toBe(false);
  expect(findPattern("(", "(")).toBe(false);
  const refused = expect.objectContaining({ code: "config.invalid" });
  expect(() => findPattern("^(a+)+$", `${"a".repeat(60)}!`)).toThrow(refused);
  expect(findPattern("^sk_", "sk_live")).toBe(true);
});
