import { type ObservedInstance, quietLog, type RoutedWorkload, type Wake } from "@berth/core";
import { expect, it } from "vitest";
import { makeInstance, observe, scope } from "./testing/values.ts";
import { makeWakes } from "./wakes.ts";

const cause = { kind: "request", by: "curl" } as const;

function setUp() {
  const kept: Wake[] = [];
  const counted: string[] = [];
  const time = { now: 1_000 };
  const store = { wakes: { add: async (wake: Wake) => void kept.push(wake) } };
  const wakes = makeWakes(
    {
      store,
      clock: { now: () => time.now },
      random: { bytes: (count) => new Uint8Array(count) },
      log: quietLog,
      usage: { woke: (service) => void counted.push(service) },
    },
    scope,
  );
  const see = (
    state: RoutedWorkload["state"],
    instances: readonly ObservedInstance[],
    reason: string | null = null,
  ) => {
    const routed = { id: "w", ...scope, service: "web", instances: [], state, reason, hint: null, concurrency: null };
    return wakes.follow({ hosts: [], neighbours: [], workloads: [routed] }, observe({ w: instances })).workloads[0]!;
  };
  return { wakes, kept, counted, time, see };
}

const marks = { askedAt: 1_004, startedAt: 1_010, listeningAt: 1_200 };
const ready = (parts: Partial<ObservedInstance> = {}) => makeInstance("w-1", { readyAt: 1_250, marks, ...parts });

it("follows a start until it is ready, once however many ask for it, and keeps what it took", async () => {
  const { wakes, kept, counted, see } = setUp();
  const first = wakes.begin("w", "web", cause);
  expect(wakes.begin("w", "web", cause).wake).toBe(first.wake);
  expect(see("asleep", []).waking).toEqual({ phases: [], current: "queue" });
  const starting = makeInstance("w-1", { state: "starting", readyAt: null, marks: { ...marks, listeningAt: null } });
  expect(see("starting", [starting]).waking?.current).toBe("start");
  expect(wakes.recent()).toMatchObject([{ state: "running" }]);
  expect(see("running", [ready()]).waking?.current).toBeNull();
  expect(await first.done).toMatchObject({
    state: "succeeded",
    startedAt: 1_000,
    endedAt: 1_250,
    phases: [
      { phase: "queue", durationMs: 4 },
      { phase: "create", durationMs: 6 },
      { phase: "start", durationMs: 190 },
      { phase: "ready", durationMs: 50 },
    ],
  });
  expect(kept).toEqual([await first.done]);
  expect(counted).toEqual(["web"]);
  expect(wakes.recent()).toEqual(kept);
  see("asleep", []);
  expect(wakes.recent()).toEqual([]);
});

it("tells what it took while it is up, and no more once it sleeps again", () => {
  const { wakes, see } = setUp();
  wakes.begin("w", "web", cause);
  see("running", [ready()]);
  expect(see("running", [ready()]).waking?.phases).toHaveLength(4);
  expect(see("asleep", []).waking).toBeUndefined();
});

it("ends with the reason where it fails, or goes with its release", async () => {
  const { wakes, kept, time, see } = setUp();
  const failing = wakes.begin("w", "web", cause);
  time.now = 3_000;
  see("failed", [], "it exited with code 1");
  expect(await failing.done).toMatchObject({ state: "failed", reason: "it exited with code 1", endedAt: 3_000 });
  see("asleep", []);
  const replaced = wakes.begin("w", "web", cause);
  wakes.follow({ hosts: [], neighbours: [], workloads: [] }, new Map());
  expect(await replaced.done).toMatchObject({ state: "failed", reason: expect.stringContaining("not part") });
  expect(kept).toHaveLength(2);
});

it("keeps nothing of what was up already", async () => {
  const { wakes, kept, counted, see } = setUp();
  const { done } = wakes.begin("w", "web", cause);
  see("running", [ready({ readyAt: 900 })]);
  expect(await done).toMatchObject({ state: "succeeded", phases: [], startedAt: 1_000, endedAt: 1_000 });
  expect([...kept, ...counted]).toEqual([]);
});
