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

test("an environment lasts where berth.yaml names it, and else stays what it is", () => {
  expect(environmentKindOf("staging", places, null)).toBe("lasting");
  expect(environmentKindOf("staging", places, "preview")).toBe("lasting");
  expect(environmentKindOf("staging", {}, "lasting")).toBe("lasting");
  expect(environmentKindOf("ada", {}, "dev")).toBe("dev");
  expect(environmentKindOf("feature", places, null)).toBe("preview");
  expect(environmentKindOf("production", { production: ["live"] }, null)).toBe("production");
});
