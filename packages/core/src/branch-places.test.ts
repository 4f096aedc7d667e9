import { expect, test } from "vitest";
import { environmentKindOf, placeOfBranch } from "./branch-places.ts";

const places = { staging: ["main", "release/*"], qa: ["release/**", "qa.1"] };

test.each([
  ["main", "staging"],
  ["release/1", "staging"],
  ["release/1/fix", "qa"],
  ["qa.1", "qa"],
  ["qa-1", null],
  ["maintenance", null],
  ["feature/main", null],
])("the branch %s deploys to %s", (branch, place) => {
  expect(placeOfBranch(places, branch)).toBe(place);
});

test.each([
  ["*", "main", true],
  ["*", "a/b", false],
  ["***", "a/b", true],
  ["*/*", "a/b", true],
  ["*/*", "a/b/c", false],
  ["**/*-fix", "a/b/c-fix", true],
  ["a*b*c", "a-c-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["a.c", "abc", false],
  ["release/*", "release/", true],
  ["main", "main2", false],
])("of %s and %s: %s", (pattern, branch, isTaken) => {
  expect(placeOfBranch({ staging: [pattern] }, branch)).toBe(isTaken ? "staging" : null);
});

test("a pattern that fits in more ways than can be tried is compared all the same", () => {
  const branch = "a".repeat(240);
  for (const pattern of ["*".repeat(200), "*a".repeat(60), "**a".repeat(60)]) {
    expect(placeOfBranch({ staging: [`${pattern}b`] }, branch)).toBe(null);
    expect(placeOfBranch({ staging: [pattern] }, branch)).toBe("staging");
  }
});

test("an environment lasts where berth.yaml names it, and else stays what it is", () => {
  expect(environmentKindOf("staging", places, null)).toBe("lasting");
  expect(environmentKindOf("staging", places, "preview")).toBe("lasting");
  expect(environmentKindOf("staging", {}, "lasting")).toBe("lasting");
  expect(environmentKindOf("ada", {}, "dev")).toBe("dev");
  expect(environmentKindOf("feature", places, null)).toBe("preview");
  expect(environmentKindOf("production", { production: ["live"] }, null)).toBe("production");
});
