import { expect, test } from "vitest";
import { didYouMean, editDistance } from "./did-you-mean.ts";

test.each([
  ["", "", 0],
  ["web", "web", 0],
  ["web", "", 3],
  ["routse", "routes", 1],
  ["kitten", "sitting", 3],
  ["ca", "abc", 3],
])("the distance of %j and %j is %d", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test.each([
  ["rollbak", "rollback"],
  ["stauts", "status"],
  ["LOGS", "logs"],
  ["open", "open"],
  ["relases", "releases"],
  ["kubernetes", null],
  ["x", null],
  ["", null],
])("for %j it suggests %j", (text, suggestion) => {
  expect(didYouMean(text, ["rollback", "releases", "status", "logs", "open"])).toBe(suggestion);
});
