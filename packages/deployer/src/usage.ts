import { type Scope, type Usage, usageBucketAt, usageBucketMs, type UsageBucket } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import { makeUsageMeter, type UsageMeter } from "./usage-meter.ts";

/** What services take, counted in memory and kept bucket by bucket. */
export interface UsageCollector {
  /** That of an environment, made when first asked for. */
  meter(scope: Scope): UsageMeter;
  /** The environment is gone. */
  forget(scope: Scope): void;
  /** Looks once more, and keeps what there is of the bucket under way. May be repeated. */
  stop(): Promise<void>;
}

export type UsageDeps = Pick<DeployerDeps, "clock" | "log"> & {
  store: Pick<DeployerDeps["store"], "usage">;
  runtime: Pick<DeployerDeps["runtime"], "observe">;
  router: Pick<DeployerDeps["router"], "load">;
};

/** How often all is looked at that nothing happens to: use of processors and memory changes without anybody being told. */
export const lookEveryMs = 15_000;

/** Begins to look at what is there, and to keep what it takes. A look takes what runtime and router have in memory. */
export function startUsage({ store, runtime, router, clock, log }: UsageDeps): UsageCollector {
  const meters = new Map<string, { scope: Scope; meter: UsageMeter }>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let bucket = usageBucketAt(clock.now());
  let toldFailure: string | null = null;
  void run();

  async function run() {
    while (!signal.aborted) {
      const endsInMs = bucket + usageBucketMs - clock.now();
      await clock.sleep(Math.max(1, Math.min(lookEveryMs, endsInMs)), signal);
      if (signal.aborted) return;
      await look().catch(tell);
      if (clock.now() >= bucket + usageBucketMs) await keep().catch(tell);
    }
  }

  async function look() {
    if (meters.size === 0) return;
    const { workloads, outdated = null } = await runtime.observe();
    // What it was some time ago says nothing of what is used now.
    if (outdated !== null || signal.aborted) return;
    const load = router.load();
    for (const { meter } of meters.values()) meter.look(workloads, load);
    toldFailure = null;
  }

  /** What cannot be kept is lost: added twice it would be wrong. */
  async function keep() {
    const at = bucket;
    bucket = usageBucketAt(clock.now());
    const buckets = [...meters.values()].flatMap(({ scope, meter }) =>
      [...meter.take()].map(([service, usage]) => makeBucket(scope, service, at, usage)),
    );
    if (buckets.length > 0) await store.usage.add(buckets);
  }

  function tell(error: unknown) {
    const text = error instanceof Error ? error.message : String(error);
    if (text !== toldFailure) log.warn({ err: error }, "what services take could not be counted");
    toldFailure = text;
  }

  return {
    meter({ app, environment }) {
      const key = scopeKey({ app, environment });
      const known = meters.get(key) ?? { scope: { app, environment }, meter: makeUsageMeter(clock) };
      meters.set(key, known);
      return known.meter;
    },
    forget: (scope) => void meters.delete(scopeKey(scope)),
    async stop() {
      // What came since the last look counts too.
      await look().catch(tell);
      stopping.abort();
      await keep().catch(tell);
    },
  };
}

/** Whole numbers, for that is what a store keeps. Of routers that tell of the past a little late a sum may be less than nothing for a moment. */
function makeBucket({ app, environment }: Scope, service: string, at: number, usage: Usage): UsageBucket {
  const whole = (value: number) => Math.max(0, Math.round(value));
  return {
    app,
    environment,
    service,
    at,
    watchedMs: whole(usage.watchedMs),
    requests: usage.requests,
    requestMs: whole(usage.requestMs),
    instanceMs: whole(usage.instanceMs),
    cpuMs: whole(usage.cpuMs),
    cpuReservedMs: whole(usage.cpuReservedMs),
    memoryByteSeconds: whole(usage.memoryByteSeconds),
    memoryReservedByteSeconds: whole(usage.memoryReservedByteSeconds),
    memoryPeakBytes: whole(usage.memoryPeakBytes),
    asleepMs: whole(usage.asleepMs),
    wakes: usage.wakes,
  };
}
