import { expect, test } from "vitest";
import { makeShareToken, readShareToken, shareKeyOf } from "./share.ts";

const installation = Buffer.alloc(32, 1);
const environment = { app: "shop", name: "feature", createdAt: 1_000, shareEpoch: 0 };
const key = shareKeyOf(installation, environment);
const now = 1_767_225_600_000;

test("a token holds until its time, and not a second longer", () => {
  const token = makeShareToken(key, now + 5_000);
  expect(readShareToken(key, token, now + 4_999)).toEqual({ isGood: true, expiresAt: now + 5_000 });
  expect(readShareToken(key, token, now + 5_000)).toEqual({ isGood: false, why: "expired" });
});

test.each([
  ["of another environment", { ...environment, name: "other" }],
  ["of another app", { ...environment, app: "blog" }],
  ["of one that had the same name", { ...environment, createdAt: 999 }],
  ["from before they were taken back", { ...environment, shareEpoch: 1 }],
])("a token %s is wrong", (_, other) => {
  const token = makeShareToken(shareKeyOf(installation, other), now + 5_000);
  expect(readShareToken(key, token, now)).toEqual({ isGood: false, why: "wrong" });
});

test("what nobody has signed is wrong, also where it is another time", () => {
  const [until = "", signature = ""] = makeShareToken(key, now + 5_000).split(".");
  for (const token of [
    "",
    ".",
    until,
    `${until}.`,
    `zzzzzz.${signature}`,
    `${until}.${signature}x`,
    `${until}.${"é".repeat(43)}`,
  ])
    expect(readShareToken(key, token, now)).toEqual({ isGood: false, why: "wrong" });
});
