import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "@berth/core";
import { expect, it } from "vitest";
import { startLookLoop } from "./look-loop.ts";

/** A clock that stands until it is moved. */
function makeClock() {
  let time = 1_000;
  const sleepers = new Set<{ at: number; wake(): void }>();
  const clock: Clock = {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          at: time + ms,
          wake() {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      }),
  };
  return {
    ...clock,
    sleeping: () => sleepers.size,
    async advance(ms: number) {
      time += ms;
      for (const sleeper of sleepers) if (sleeper.at <= time) sleeper.wake();
      await nextTurn();
    },
  };
}

/** A loop whose passes end when told, with the results they are told. */
function makeLoop() {
  const clock = makeClock();
  const passes: PromiseWithResolvers<number | null>[] = [];
  const errors: unknown[] = [];
  const loop = startLookLoop({
    pass() {
      const pass = Promise.withResolvers<number | null>();
      passes.push(pass);
      return pass.promise;
    },
    onError: (error) => errors.push(error),
    retryMs: 500,
    clock,
  });
  return { ...loop, clock, passes, errors };
}

it("never lets passes overlap: looks during one lead to one that follows it", async () => {
  const { look, passes } = makeLoop();
  const first = look();
  const during = [look(), look(), look()];
  expect(passes).toHaveLength(1);
  passes[0]!.resolve(null);
  await first;
  await nextTurn();
  expect(passes).toHaveLength(2);
  passes[1]!.resolve(null);
  await Promise.all(during);
  expect(passes).toHaveLength(2);
});

it("resolves a look only when a pass that began after it has ended", async () => {
  const { look, passes } = makeLoop();
  void look();
  let isOver = false;
  const second = look().then(() => (isOver = true));
  passes[0]!.resolve(null);
  await nextTurn();
  expect(isOver).toBe(false);
  passes[1]!.resolve(null);
  await second;
});

it("looks again by itself when the pass says so, and a look before that takes its place", async () => {
  const { look, clock, passes } = makeLoop();
  const first = look();
  passes[0]!.resolve(clock.now() + 100);
  await first;
  await clock.advance(99);
  expect(passes).toHaveLength(1);
  await clock.advance(1);
  expect(passes).toHaveLength(2);
  passes[1]!.resolve(clock.now() + 100);
  await nextTurn();
  const early = look();
  passes[2]!.resolve(null);
  await early;
  expect(clock.sleeping()).toBe(0);
  await clock.advance(1_000);
  expect(passes).toHaveLength(3);
});

it("tells what a pass throws, and tries again after a pause", async () => {
  const { look, clock, passes, errors } = makeLoop();
  const first = look();
  passes[0]!.reject(new Error("away"));
  await first;
  expect(errors).toEqual([new Error("away")]);
  await clock.advance(500);
  expect(passes).toHaveLength(2);
});

it("ends with the pass under way, and looks no more", async () => {
  const { look, stop, clock, passes } = makeLoop();
  void look();
  const following = look();
  let hasStopped = false;
  const stopped = stop().then(() => (hasStopped = true));
  await nextTurn();
  expect(hasStopped).toBe(false);
  passes[0]!.resolve(clock.now() + 10);
  await Promise.all([stopped, following, look()]);
  await clock.advance(1_000);
  expect(passes).toHaveLength(1);
  expect(clock.sleeping()).toBe(0);
});
