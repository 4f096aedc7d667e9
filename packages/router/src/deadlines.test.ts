import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { Deadlines } from "./deadlines.ts";

/** A clock whose sleeps end when the test says so. */
function makeClock() {
  let now = 0;
  let sleeps: { until: number; end: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>((end) => void sleeps.push({ until: now + ms, end })),
    sleeping: () => sleeps.length,
    async pass(ms: number) {
      for (let step = 0; step < ms; step += 500) {
        now += 500;
        const over = sleeps.filter(({ until }) => until <= now);
        sleeps = sleeps.filter(({ until }) => until > now);
        for (const { end } of over) end();
        await turn();
      }
    },
  };
}

it("a deadline that is moved or cleared is not missed, and nothing is looked at while there is none", async () => {
  const clock = makeClock();
  const deadlines = new Deadlines(clock);
  const missed: string[] = [];
  const [moved, cleared, late] = [{}, {}, {}];
  deadlines.set(moved, 5_000, () => missed.push("moved, at first"));
  deadlines.set(cleared, 5_000, () => missed.push("cleared"));
  deadlines.set(late, 8_000, () => missed.push("late"));
  await clock.pass(4_000);
  deadlines.set(moved, 5_000, () => missed.push("moved"));
  deadlines.clear(cleared);
  await clock.pass(4_000);
  expect(missed).toEqual(["late"]);
  await clock.pass(2_000);
  expect(missed).toEqual(["late", "moved"]);
  await clock.pass(5_000);
  expect([missed.length, clock.sleeping()]).toEqual([2, 0]);
});
