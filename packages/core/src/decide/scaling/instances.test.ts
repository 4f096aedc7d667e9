import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideInstances, type ScalingInput, type ScalingState } from "./instances.ts";
import { defaultScalingRules as rules } from "./rules.ts";

const now = 1_000_000;
const idle = { target: 56, capacity: 80, burst: 0, tolerance: 0, min: 1, max: 100, delayMs: 300_000 };

function input(parts: Partial<ScalingInput>): ScalingInput {
  const { ready = 1 } = parts;
  return { stable: 0, panic: 0, ready, replicas: ready, ...idle, ...parts };
}

const even = (load: number, parts: Partial<ScalingInput> = {}) => input({ stable: load, panic: load, ...parts });
const calm: ScalingState = { panicUntil: null, panicMost: 0, held: [] };
const decide = (given: ScalingInput, before: ScalingState | null = calm, at = now) =>
  decideInstances(given, before, rules, at);

describe("the number of instances", () => {
  it("is what keeps each at its target", () => {
    for (const [load, count] of [
      [0, 1],
      [1, 1],
      [56, 1],
      [56.1, 2],
      [560, 10],
      [561, 11],
    ] as const)
      expect(decide(even(load, { ready: 8 }), calm).count).toBe(Math.max(4, count));
  });

  it("follows the short window where that asks for twice as many as are ready, and else the long one", () => {
    expect(decide(input({ stable: 100, panic: 400, ready: 5 })).count).toBe(5);
    expect(decide(input({ stable: 100, panic: 200, ready: 5 })).count).toBe(4);
    expect(decide(input({ stable: 100, panic: 400, ready: 4 })).count).toBe(8);
  });

  it("takes nothing away until a stable window has passed without panic", () => {
    const high = decide(input({ stable: 100, panic: 400, ready: 4 }));
    expect(high.state).toMatchObject({ panicUntil: now + 60_000, panicMost: 8 });
    const given = even(20, { ready: 8, delayMs: 0 });
    const before = decide(given, high.state, now + 59_999);
    expect(before.count).toBe(8);
    expect(before.changesAt).toBe(now + 60_000);
    expect(decide(given, before.state, now + 60_000).count).toBe(4);
  });

  it("goes up at most at a rate, and down by half at a time", () => {
    const slow = { ...rules, maxUpRate: 1.5 };
    expect(decideInstances(even(5_600, { ready: 4 }), calm, slow, now).count).toBe(6);
    expect(decide(even(0, { ready: 9 })).count).toBe(4);
  });

  it("goes down only when less was asked for during the delay, and then as fast as instances end", () => {
    const high = decide(even(560, { ready: 10 }));
    const low = decide(even(10, { ready: 10 }), high.state, now + 5_000);
    expect(low).toMatchObject({ count: 10, changesAt: now + 305_000 });
    const later = decide(even(10, { ready: 10 }), low.state, now + 305_000);
    expect(later).toMatchObject({ count: 5, changesAt: null });
    expect(decide(even(10, { ready: 5 }), later.state, now + 305_001).count).toBe(2);
    expect(decide(even(10, { ready: 2 }), later.state, now + 305_002).count).toBe(1);
  });

  it("keeps room for a burst where that is asked for", () => {
    expect(decide(even(80, { ready: 2 })).count).toBe(2);
    expect(decide(even(80, { ready: 2, burst: 161 })).count).toBe(4);
  });

  it("stays while none is ready, however many wait", () => {
    expect(decide(even(9_000, { ready: 0, replicas: 0, min: 0 })).count).toBe(1);
    expect(decide(even(9_000, { ready: 0, replicas: 1, min: 0 }))).toMatchObject({ count: 1, state: calm });
    expect(decide(even(0, { ready: 0, replicas: 6 })).count).toBe(6);
  });

  it("stays as many as run after a restart, until a stable window has passed", () => {
    const first = decide(input({ ready: 7, delayMs: 0 }), null);
    expect(first).toMatchObject({ count: 7, changesAt: now + 60_000 });
    expect(decide(even(300, { ready: 7, delayMs: 0 }), first.state, now + 60_000).count).toBe(6);
  });

  it("stays where use of processors is off by no more than the tolerance", () => {
    const cpu = { target: 100, capacity: 100, tolerance: 0.1, ready: 10, delayMs: 0 };
    for (const [load, count] of [
      [1_100, 10],
      [1_101, 12],
      [900, 10],
      [899, 9],
    ] as const)
      expect(decide(even(load, cpu)).count).toBe(count);
  });
});

const loads = fc.double({ min: 0, max: 10_000, noNaN: true });
const inputs = fc.record({
  stable: loads,
  panic: loads,
  target: fc.double({ min: 0.5, max: 100, noNaN: true }),
  spare: fc.double({ min: 1, max: 2, noNaN: true }),
  burst: fc.nat(100),
  tolerance: fc.constantFrom(0, 0.1),
  ready: fc.nat(30),
  replicas: fc.nat(30),
  min: fc.nat(10),
  more: fc.nat(20),
  delayMs: fc.constantFrom(0, 2_000, 300_000),
});
const inputOf = ({ spare, more, ...parts }: typeof inputs extends fc.Arbitrary<infer T> ? T : never): ScalingInput => ({
  ...parts,
  capacity: parts.target * spare,
  max: Math.max(1, parts.min + more),
});
const pasts = fc.option(fc.array(inputs.map(inputOf), { maxLength: 5 }));

/** What earlier looks have left, each a little before the next. */
function stateAfter(past: readonly ScalingInput[] | null): ScalingState | null {
  if (past === null) return null;
  return past.reduce<ScalingState | null>(
    (state, each, index) => decide(each, state, now - 1_000 * (past.length - index)).state,
    null,
  );
}

it("never leaves its bounds, and never is none", () => {
  fc.assert(
    fc.property(inputs, pasts, (drawn, past) => {
      const given = inputOf(drawn);
      const { count } = decide(given, stateAfter(past));
      expect(count).toBeGreaterThanOrEqual(Math.max(1, given.min));
      expect(count).toBeLessThanOrEqual(given.max);
      expect(Number.isInteger(count)).toBe(true);
    }),
  );
});

it("is no less for more load, now or before", () => {
  fc.assert(
    fc.property(inputs, pasts, fc.double({ min: 1, max: 5, noNaN: true }), (drawn, past, factor) => {
      const more = (given: ScalingInput) => ({ ...given, stable: given.stable * factor, panic: given.panic * factor });
      const given = inputOf(drawn);
      const less = decide(given, stateAfter(past));
      expect(decide(more(given), stateAfter(past?.map(more) ?? null)).count).toBeGreaterThanOrEqual(less.count);
    }),
  );
});

it("comes to rest under a load that does not change, wherever it begins", () => {
  fc.assert(
    fc.property(inputs, pasts, (drawn, past) => {
      const given = { ...inputOf(drawn), panic: drawn.stable };
      let state = stateAfter(past);
      let ready = Math.max(1, given.ready);
      let at = now;
      let changes = 0;
      for (let looks = 0; looks < 60; looks++) {
        const next = decide({ ...given, ready, replicas: ready }, state, at);
        if (next.count !== ready) changes++;
        [ready, state] = [next.count, next.state];
        at = next.changesAt ?? at + 10_000;
      }
      // Down by halves, up at once, and down once more when what was asked for before is over.
      expect(changes).toBeLessThanOrEqual(14);
      const rest = decide({ ...given, ready, replicas: ready }, state, at);
      expect(rest.count).toBe(ready);
    }),
  );
});
