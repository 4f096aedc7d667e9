import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { findPatterns } from "./find-patterns.ts";

const endless = { pattern: "^(a+)+$", text: `${"a".repeat(60)}!` };

test("patterns are found or not", async () => {
  expect(await findPatterns([])).toEqual([]);
  const asked = ["sk_live", "pk_live"].map((text) => ({ pattern: "^sk_", text }));
  expect(await findPatterns(asked)).toEqual([true, false]);
});

test("one that would take for ever is given up, and all else goes on meanwhile", async () => {
  const refused = expect.objectContaining({ code: "config.invalid", path: endless.pattern });
  let turns = 0;
  let isOver = false;
  const asking = findPatterns([{ pattern: "^sk_", text: "sk_live" }, endless]).finally(() => (isOver = true));
  while (!isOver && turns < 1_000) {
    await turn();
    turns += 1;
  }
  expect(turns).toBe(1_000);
  await expect(asking).rejects.toEqual(refused);
  expect(await findPatterns([{ pattern: "^sk_", text: "sk_live" }])).toEqual([true]);
});

test("those that take long come to an end beside all else", async () => {
  const slow = { pattern: "^(a+)+$", text: `${"a".repeat(22)}!` };
  const asked = [...Array.from({ length: 6 }, () => slow), { pattern: "b", text: "abc" }];
  expect(await findPatterns(asked)).toEqual([...Array.from({ length: 6 }, () => false), true]);
});
