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
  const order: string[] = [];
  const asking = findPatterns([{ pattern: "^sk_", text: "sk_live" }, endless]).finally(() => order.push("given up"));
  for (let turns = 0; turns < 1_000; turns += 1) await turn();
  order.push("all else");
  await expect(asking).rejects.toEqual(refused);
  expect(order).toEqual(["all else", "given up"]);
  expect(await findPatterns([{ pattern: "^sk_", text: "sk_live" }])).toEqual([true]);
});

test("those that take long come to an end beside all else", async () => {
  const slow = { pattern: "^(a+)+$", text: `${"a".repeat(20)}!` };
  const asked = [...Array.from({ length: 3 }, () => slow), { pattern: "b", text: "abc" }];
  expect(await findPatterns(asked)).toEqual([...Array.from({ length: 3 }, () => false), true]);
});
