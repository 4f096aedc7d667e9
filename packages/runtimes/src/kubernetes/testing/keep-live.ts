import { decide, nothingDesired, systemClock } from "@berth/core";
import type { DesiredEnvironment, IdentifiedWorkload, Runtime } from "@berth/core";

/** Keeps one workload live with so many instances, by the decisions that a deployer makes: each time something may have changed. Returns how to stop. */
export function keepLive(runtime: Runtime, workload: IdentifiedWorkload, replicas: number): () => Promise<void> {
  const scale = { min: replicas, max: replicas, concurrency: 80, idleMs: 60_000 };
  const live = { version: 1, liveAt: systemClock.now(), services: [{ workload, routes: ["/"], scale }] };
  const desired: DesiredEnvironment = {
    ...nothingDesired,
    live,
    retained: new Set([workload.id]),
    recorded: new Set([workload.id]),
  };
  const draining = new Map<string, number>();
  const ended = new AbortController();
  let wake = Promise.withResolvers<void>();
  const stopWatching = runtime.watch(() => wake.resolve());

  async function look(): Promise<void> {
    const { workloads, tasks } = await runtime.observe({ app: workload.app, environment: workload.environment });
    const now = systemClock.now();
    const { actions } = decide(
      desired,
      { workloads, tasks, load: new Map(), loadSince: 0, scalesByLoad: true },
      draining,
      now,
    );
    for (const action of actions) {
      if (action.kind === "ensure") await runtime.ensure(action.workload);
      if (action.kind === "scale") await runtime.scale(action.workload, action.replicas);
      if (action.kind === "drain") for (const instance of action.instances) draining.set(instance, now);
    }
  }

  const loop = (async () => {
    while (!ended.signal.aborted) {
      wake = Promise.withResolvers<void>();
      // What fails is tried again: the cluster may be about to remove what is made anew.
      await look().catch(() => {});
      await Promise.race([wake.promise, systemClock.sleep(500, ended.signal)]);
    }
  })();
  return async () => {
    stopWatching();
    ended.abort();
    await loop;
  };
}
