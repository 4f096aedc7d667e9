import { cronDefaults } from "@berth/core";
import { expect, it } from "vitest";
import { makeRolloutProgress } from "./rollout-progress.ts";
import { makeGeneration, makeInstance, makeService, observe as observeWorkloads } from "./testing/values.ts";
import type { Timeline } from "./timeline.ts";

const observe = (instances: Parameters<typeof observeWorkloads>[0]) => ({
  workloads: observeWorkloads(instances),
  tasks: new Map(),
  load: new Map(),
  loadSince: 0,
  scalesByLoad: false,
});

/** What is told, a line for each call. */
function setUp(isShortLived = false) {
  const told: string[] = [];
  const timeline: Pick<Timeline, "start" | "end" | "line"> = {
    start(phase, text, service) {
      told.push(`start ${phase} ${service} ${text}`.trim());
      return () => undefined;
    },
    end: (phase, text, service, durationMs) => void told.push(`end ${phase} ${service} ${text} ${durationMs} ms`),
    line: (phase, text, service) => void told.push(`line ${phase} ${service} ${text}`),
  };
  return { told, progress: makeRolloutProgress(timeline, { isShortLived }) };
}

const rollout = makeGeneration(2, makeService("web", "w2"), makeService("worker", "k1", []));
const before = makeGeneration(1, makeService("web", "w1"), makeService("worker", "k1", []));

it("tells of each new service when it starts and when it is ready, once", () => {
  const { told, progress } = setUp();
  progress.saw(rollout, { live: before, warm: [] }, observe({}));
  progress.saw(
    rollout,
    { live: before, warm: [] },
    observe({ w2: [makeInstance("a", { state: "starting", readyAt: null })] }),
  );
  progress.saw(
    rollout,
    { live: before, warm: [] },
    observe({ w2: [makeInstance("a", { state: "starting", readyAt: null })] }),
  );
  progress.saw(
    rollout,
    { live: before, warm: [] },
    observe({ w2: [makeInstance("a", { startedAt: 1_000, readyAt: 1_250 })] }),
  );
  progress.saw(rollout, { live: before, warm: [] }, observe({ w2: [makeInstance("a")] }));
  expect(told).toEqual(["line start worker unchanged, keeps running", "start start web", "end start web ready 250 ms"]);
});

it("tells each reason why an instance is not ready, once", () => {
  const { told, progress } = setUp();
  const starting = (reason: string | null) =>
    observe({ w2: [makeInstance("a", { state: "starting", readyAt: null, reason })] });
  progress.saw(rollout, { live: before, warm: [] }, starting(null));
  progress.saw(rollout, { live: before, warm: [] }, starting("it has not answered"));
  progress.saw(rollout, { live: before, warm: [] }, starting("it has not answered"));
  progress.saw(rollout, { live: before, warm: [] }, starting("it answers 503"));
  expect(told.slice(2)).toEqual(["line start web it has not answered", "line start web it answers 503"]);
});

it("says how long room is waited for, for nothing more is told meanwhile", () => {
  const { told, progress } = setUp();
  const waiting = makeInstance("a", {
    state: "starting",
    readyAt: null,
    reason: "it fits on no node",
    patienceMs: 120_000,
  });
  progress.saw(rollout, { live: before, warm: [] }, observe({ w2: [waiting] }));
  expect(told).toContain("line start web it fits on no node; it has 2 min from its start until it is given up");
});

it("says running of a worker, and how many instances there are", () => {
  const { told, progress } = setUp();
  const two = makeService("worker", "k2", []);
  const next = makeGeneration(2, { ...two, scale: { min: 2, max: 2, idleMs: 1 } });
  progress.saw(
    next,
    { live: null, warm: [] },
    observe({ k2: [makeInstance("a", { endpoint: null }), makeInstance("b", { readyAt: 6_000 })] }),
  );
  expect(told).toEqual(["start start worker", "end start worker 2 instances running 5000 ms"]);
});

it("says what a start waits for: an image that the engine takes, a worker that has to stop first", () => {
  const { told, progress } = setUp();
  const worker = makeService("worker", "k2", []);
  const next = makeGeneration(2, worker);
  progress.loads(worker.workload);
  progress.loads(worker.workload);
  const stopping = observe({ k1: [makeInstance("a", { state: "stopping" })] });
  progress.saw(next, { live: before, warm: [] }, stopping);
  progress.saw(next, { live: before, warm: [] }, stopping);
  expect(told).toEqual([
    "line start worker making its image ready",
    "line start worker waiting for the old one to stop",
  ]);
});

it("says that a service is warm where going back finds it so", () => {
  const { told, progress } = setUp();
  const warm = [{ ...makeGeneration(1, makeService("web", "w2")), until: 9 }];
  const seen = observe({ w2: [makeInstance("a"), makeInstance("b", { state: "starting", readyAt: null })] });
  progress.saw(makeGeneration(3, makeService("web", "w2")), { live: before, warm }, seen);
  expect(told).toEqual(["line start web is warm, runs already"]);
});

it("says when a service with a schedule runs, and that a preview does not run it by that", () => {
  const { workload, ...service } = makeService("report", "r1", []);
  const report = (inPreviews: boolean) =>
    makeGeneration(2, {
      ...service,
      workload: { ...workload, kind: "cron", cron: { ...cronDefaults, schedule: "@daily", inPreviews } },
    });
  const tell = (isShortLived: boolean, inPreviews: boolean) => {
    const { told, progress } = setUp(isShortLived);
    progress.saw(report(inPreviews), { live: null, warm: [] }, observe({}));
    return told;
  };
  const runs = ["line start report runs when it is due: @daily UTC"];
  expect(tell(false, false)).toEqual(runs);
  expect(tell(true, true)).toEqual(runs);
  expect(tell(true, false)).toEqual(["line start report its schedule does not run in previews"]);
});
