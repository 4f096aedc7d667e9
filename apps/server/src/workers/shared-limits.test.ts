import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LimitShares } from "@berth/router";
import { ownName } from "./process-name.ts";
import { freeClaims, openSharedLimits } from "./shared-limits.ts";

const limit = 100;
const processes = 4;
let home: string;
let time: { now: number };
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-limits-"));
  time = { now: 0 };
});
afterEach(() => rmSync(home, { recursive: true }));

/** One of several processes, with what it uses. */
function open(own = ownName()) {
  const shares: LimitShares = openSharedLimits({ home, processes, own, clock: { now: () => time.now } });
  let used = 0;
  return {
    used: () => used,
    take(count: number) {
      for (let asked = 0; asked < count; asked++) if (shares.admits("client", "192.0.2.1", limit, used)) used++;
    },
    leave(count: number) {
      for (let left = 0; left < count; left++) shares.left("client", "192.0.2.1", limit, --used);
    },
  };
}
const claims = () => readdirSync(join(home, "router/limits"));
const sum = (all: readonly ReturnType<typeof open>[]) => all.reduce((total, { used }) => total + used(), 0);

it("lets in exactly the limit where all have as much to do, and never more", () => {
  const all = Array.from({ length: processes }, () => open());
  for (let round = 0; round < 50; round++) for (const one of all) one.take(1);
  expect(sum(all)).toBe(limit);
});

it("lets one have all but what is always the others'", () => {
  const all = Array.from({ length: processes }, () => open());
  all[0]!.take(200);
  expect(all[0]!.used()).toBe(limit - 3 * 12);
  for (const one of all.slice(1)) one.take(200);
  expect(sum(all)).toBe(limit);
});

it("gives to another what is left, a moment after it was refused", () => {
  const [one, other] = [open(), open()];
  one.take(200);
  other.take(200);
  expect(other.used()).toBe(12);
  one.leave(30);
  other.take(1);
  expect(other.used()).toBe(12);
  time.now = 100;
  other.take(200);
  expect(other.used()).toBe(42);
  one.leave(one.used());
  other.leave(other.used());
  expect(claims()).toEqual([]);
});

it("frees what a process had that does not run any more", () => {
  const [gone, other] = [open({ pid: 1, startedAt: "never" }), open()];
  gone.take(200);
  other.take(200);
  freeClaims(home);
  expect(claims()).toEqual([]);
  time.now = 100;
  other.take(200);
  expect(other.used()).toBe(limit - 3 * 12);
});

it("gives each its share where nothing can be claimed", () => {
  const one = open();
  rmSync(join(home, "router/limits"), { recursive: true });
  one.take(200);
  expect(one.used()).toBe(limit / processes);
});
