import { setImmediate as nextTurn } from "node:timers/promises";
import { type Environment, quietLog, usageBucketMs } from "@berth/core";
import { makeManualClock } from "@berth/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { runExpiry } from "./expiry.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A preview that is used when it is made, and looked at as time goes by. */
function givenPreview() {
  const clock = makeManualClock();
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const usedAt = clock.now();
  const preview = { app: "shop", name: "try", kind: "preview", usedAt, ttlMs: 7 * dayMs, keptUntil: null };
  const removed: string[] = [];
  const environments = { listShortLived: async () => [preview as unknown as Environment] };
  const deps = {
    clock,
    log: quietLog,
    store: { environments } as unknown as Parameters<typeof runExpiry>[0]["store"],
    noteUses: async () => undefined,
    remove: async ({ environment }: { environment: string }) => void removed.push(environment),
  };
  void runExpiry(deps, stopping.signal);
  const jump = async (ms: number) => {
    clock.advance(ms);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  };
  return {
    removed,
    jump,
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= usageBucketMs) await jump(usageBucketMs);
    },
  };
}

test("what nobody uses goes after its time", async () => {
  const { pass, removed } = givenPreview();
  await pass(7 * dayMs - hourMs);
  expect(removed).toEqual([]);
  await pass(hourMs);
  expect(removed).toContain("try");
});

test("after a leap of the clock everyone has an hour to use it", async () => {
  const { pass, jump, removed } = givenPreview();
  await pass(2 * hourMs);
  await jump(30 * dayMs);
  await pass(hourMs - usageBucketMs);
  expect(removed).toEqual([]);
  await pass(usageBucketMs);
  expect(removed).toContain("try");
});
