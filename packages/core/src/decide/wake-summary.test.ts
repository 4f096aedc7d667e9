import { expect, it } from "vitest";
import type { WakePhase } from "../wake.ts";
import { summariseWakes } from "./wake-summary.ts";

const wake = (startMs: number, readyMs = 10) => ({
  state: "succeeded" as const,
  startedAt: 1_000,
  endedAt: 1_000 + startMs + readyMs,
  phases: [
    { phase: "start", durationMs: startMs },
    { phase: "ready", durationMs: readyMs },
  ] satisfies WakePhase[],
});

it("tells the middle and the slow end of the wakes, and of each phase", () => {
  const wakes = Array.from({ length: 20 }, (_, at) => wake((at + 1) * 100));
  expect(summariseWakes(wakes)).toMatchObject({
    count: 20,
    failed: 0,
    p50Ms: 1_010,
    p95Ms: 1_910,
    phases: [
      { phase: "start", p50Ms: 1_000, p95Ms: 1_900 },
      { phase: "ready", p50Ms: 10, p95Ms: 10 },
    ],
    advice: { phase: "start", text: expect.stringContaining("before it listens") },
  });
});

it("takes no times of those that failed, and leaves out those that are running", () => {
  const failed = { ...wake(9_000), state: "failed" as const };
  const running = { ...wake(9_000), state: "running" as const, endedAt: null };
  expect(summariseWakes([wake(20), failed, running])).toMatchObject({ count: 2, failed: 1, p95Ms: 30, advice: null });
  expect(summariseWakes([failed])).toMatchObject({ count: 1, failed: 1, p50Ms: null, p95Ms: null, phases: [] });
});
