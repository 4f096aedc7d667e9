import fc from "fast-check";
import { expect, it } from "vitest";
import { beginHold, hold, holdEndsAt } from "./hold.ts";

it("has the most of all that was asked for within the delay, each until something else was", () => {
  const asked = fc.array(fc.record({ count: fc.nat(9), forMs: fc.integer({ min: 1, max: 50 }) }), { minLength: 1 });
  fc.assert(
    fc.property(asked, fc.nat(100), (steps, delayMs) => {
      let held = beginHold;
      let now = 0;
      const past: { count: number; until: number }[] = [];
      for (const { count, forMs } of steps) {
        const last = past.at(-1);
        if (last !== undefined) last.until = now;
        past.push({ count, until: now });
        held = hold(held, count, delayMs, now);
        const within = past.filter(({ until }, index) => index === past.length - 1 || until + delayMs > now);
        expect(held[0]!.count).toBe(Math.max(...within.map((each) => each.count)));
        expect(holdEndsAt(held) ?? Infinity).toBeGreaterThan(now);
        now += forMs;
      }
    }),
  );
});
