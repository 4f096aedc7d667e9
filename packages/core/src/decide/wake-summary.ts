import { type Wake, type WakePhaseName, wakePhases } from "../wake.ts";

/** What the wakes of a service took lately. Times are of those that succeeded, null where none did. */
export interface WakeSummary {
  count: number;
  failed: number;
  p50Ms: number | null;
  p95Ms: number | null;
  phases: readonly { phase: WakePhaseName; p50Ms: number; p95Ms: number }[];
  /** The phase that takes longest in the middle, and what makes it shorter; null where waking is quick enough. */
  advice: { phase: WakePhaseName; text: string } | null;
}

/** Nobody minds less. */
const quickMs = 500;

const adviceOf: Readonly<Record<WakePhaseName, string>> = {
  queue: "the server was busy when it was to start it: look at the load of the machine that Berth is on",
  schedule: "no machine had room at once: ask for less in resources, or keep one awake with scale: { min: 1 }",
  pull: "its image is fetched first: make it smaller, or keep one awake with scale: { min: 1 }",
  create:
    "the runtime takes long to make what it runs in: a smaller image helps, or keep one awake with scale: { min: 1 }",
  start: "its program does much before it listens: connect and load later, or compile ahead",
  ready: "it listens and is not healthy yet: let health.path name what answers without waiting for others",
};

/** Percentiles by the nearest rank. Those that are still running do not count. */
export function summariseWakes(
  wakes: readonly Pick<Wake, "state" | "startedAt" | "endedAt" | "phases">[],
): WakeSummary {
  const ended = wakes.filter(({ state }) => state !== "running");
  const succeeded = ended.filter(({ state }) => state === "succeeded");
  const totals = succeeded.map(({ startedAt, endedAt }) => endedAt! - startedAt);
  const phases = wakePhases.flatMap((phase) => {
    const durations = succeeded.flatMap((wake) =>
      wake.phases.filter((one) => one.phase === phase).map(({ durationMs }) => durationMs),
    );
    return durations.length === 0
      ? []
      : [{ phase, p50Ms: percentile(durations, 50)!, p95Ms: percentile(durations, 95)! }];
  });
  const p50Ms = percentile(totals, 50);
  const [slowest] = phases.toSorted((a, b) => b.p50Ms - a.p50Ms);
  return {
    count: ended.length,
    failed: ended.length - succeeded.length,
    p50Ms,
    p95Ms: percentile(totals, 95),
    phases,
    advice:
      slowest === undefined || p50Ms === null || p50Ms < quickMs
        ? null
        : { phase: slowest.phase, text: adviceOf[slowest.phase] },
  };
}

function percentile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;
}
