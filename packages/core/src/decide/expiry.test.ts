import { expect, test } from "vitest";
import { keptForever } from "../app.ts";
import { expiresAt, expiresSoon, judgeExpiry, judgeCap, lastUseOf, type Lease } from "./expiry.ts";

const dayMs = 86_400_000;
const now = 100 * dayMs;
const lease = (unusedDays: number, parts: Partial<Lease> = {}): Lease => ({
  kind: "preview",
  usedAt: now - unusedDays * dayMs,
  ttlMs: 7 * dayMs,
  keptUntil: null,
  ...parts,
});

test("a preview goes when it was not used for its time, and not before the day that somebody keeps it until", () => {
  expect(expiresAt(lease(1))).toBe(now + 6 * dayMs);
  expect(expiresAt(lease(1, { keptUntil: now + 30 * dayMs }))).toBe(now + 30 * dayMs);
  expect(expiresAt(lease(1, { keptUntil: now - dayMs }))).toBe(now + 6 * dayMs);
});

test.each([
  ["production", lease(99, { kind: "production" })],
  ["what lasts", lease(99, { kind: "lasting" })],
  ["a preview without a time", lease(99, { ttlMs: null })],
  ["a preview that is kept for good", lease(99, { keptUntil: keptForever })],
])("%s never goes", (_, one) => {
  expect(expiresAt(one)).toBeNull();
  expect(judgeExpiry([one], now)).toEqual({ expired: [], soon: [] });
});

test("what goes is told a day before, of a short life in its second half", () => {
  const [fresh, soon, due] = [lease(5.9), lease(6), lease(7)];
  expect(judgeExpiry([fresh, soon, due], now)).toEqual({ expired: [due], soon: [soon] });
  expect(expiresSoon(lease(0.2, { ttlMs: dayMs / 2 }), now)).toBe(false);
  expect(expiresSoon(lease(0.3, { ttlMs: dayMs / 2 }), now)).toBe(true);
});

test("the longest unused preview makes room, but none that was used within a day or is kept", () => {
  const [old, older, oldest] = [lease(2), lease(3), lease(6, { keptUntil: now + 1 })];
  const others = [lease(0), lease(9, { kind: "lasting" }), lease(9, { kind: "dev" })];
  expect(judgeCap([old, older, oldest, ...others], 5, now)).toEqual({ hasRoom: true, leaving: null });
  expect(judgeCap([old, older, oldest, ...others], 4, now)).toEqual({ hasRoom: true, leaving: older });
  const used = [lease(0.1), oldest, lease(0.9)];
  expect(judgeCap(used, 3, now)).toEqual({ hasRoom: false, candidates: [oldest, used[2], used[0]] });
});

const load = { inFlight: 0, lastRequestAt: now - 10 };

test.each([
  ["nobody asked", { inFlight: 0, lastRequestAt: null }, [], null],
  ["nobody knows who asked", load, [], now - 10],
  [
    "a browser asked before a monitor",
    load,
    [
      ["browser", 50],
      ["UptimeRobot", 10],
    ],
    now - 50,
  ],
  [
    "checks alone asked",
    load,
    [
      ["kube-probe", 10],
      ["Pingdom.com", 20],
      ["Googlebot", 30],
    ],
    null,
  ],
  ["so many asked that not all are known", load, ["a", "b", "c", "d", "e"].map((n) => [`${n}-monitor`, 10]), now - 10],
  ["somebody is connected", { inFlight: 1, lastRequestAt: now - 10 }, [["browser", 10]], now],
  ["a check is connected", { inFlight: 1, lastRequestAt: now - 10 }, [["kube-probe", 10]], null],
] as const)("when it was last used where %s", (_, counted, requesters, at) => {
  const asked = requesters.map(([agent, ago]) => ({ agent: String(agent), lastAt: now - Number(ago) }));
  expect(lastUseOf(counted, asked, now)).toBe(at);
});
