import {
  type Clock,
  type ObservedInstance,
  type ObservedWorkload,
  type RoutedWorkload,
  type Scope,
  type StartedWake,
  type Wake,
  type WakeCause,
  wakeIdOf,
  type WakeProgress,
  wakeProgress,
  type WakeStore,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { EnvironmentRoutes } from "./routes.ts";
import type { UsageMeter } from "./usage-meter.ts";

/** The starts of services that slept, as they are seen: how far each has come, and what it took. */
export interface Wakes {
  /** Somebody needs a workload that has no instance: the start that is under way already, or a new one. */
  begin(workload: string, service: string, cause: WakeCause): StartedWake;
  /** Takes what is routed and seen now. The same routes, with how far starts have come. */
  follow(routes: EnvironmentRoutes, observed: ReadonlyMap<string, ObservedWorkload>): EnvironmentRoutes;
  /** Those that are under way, and of what is up since the last one. */
  recent(): readonly Wake[];
}

export interface WakesDeps extends Pick<DeployerDeps, "random" | "log"> {
  store: { wakes: Pick<WakeStore, "add"> };
  clock: Pick<Clock, "now">;
  /** Told of each that has ended. */
  usage: Pick<UsageMeter, "woke">;
}

interface Follower {
  wake: Wake;
  done: PromiseWithResolvers<Wake>;
}

export function makeWakes({ store, clock, random, log, usage }: WakesDeps, scope: Scope): Wakes {
  /** By workload: what is under way, and what has ended while its workload is up since. */
  const followed = new Map<string, Follower>();

  function finish(follower: Follower, end: Pick<Wake, "state" | "reason" | "endedAt">) {
    follower.wake = { ...follower.wake, ...end, current: null };
    follower.done.resolve(follower.wake);
  }

  /** It tells of what was: nothing waits for it to be kept. */
  function keep({ wake }: Follower) {
    usage.woke(wake.service);
    store.wakes
      .add(wake)
      .catch((error: unknown) => log.error({ err: error, ...scope, wake: wake.id }, "a wake could not be kept"));
  }

  function take(follower: Follower, routed: RoutedWorkload | undefined, observed: ObservedWorkload | undefined) {
    const { startedAt } = follower.wake;
    const instance = furthest(observed?.instances ?? []);
    const state = routed?.state ?? "gone";
    // It was up already, or came up again before it went down: that is no start.
    if (state === "running" && instance?.readyAt != null && instance.readyAt <= startedAt)
      return finish(follower, { state: "succeeded", reason: null, endedAt: startedAt });
    const progress = wakeProgress(startedAt, instance, observed?.askedAt ?? null);
    follower.wake = { ...follower.wake, ...progress };
    if (state === "asleep" || state === "starting") return;
    if (state === "running")
      finish(follower, { state: "succeeded", reason: null, endedAt: startedAt + sumOf(progress) });
    else {
      const reason = state === "gone" ? "It is not part of what is live any more." : (routed?.reason ?? null);
      finish(follower, { state: "failed", reason, endedAt: clock.now() });
    }
    keep(follower);
  }

  return {
    begin(workload, service, cause) {
      const known = followed.get(workload);
      if (known?.wake.state === "running") return { wake: known.wake, done: known.done.promise };
      const wake: Wake = {
        ...scope,
        id: wakeIdOf(clock.now(), random.bytes(5)),
        service,
        workload,
        cause,
        startedAt: clock.now(),
        endedAt: null,
        state: "running",
        reason: null,
        phases: [],
        current: "queue",
      };
      const done = Promise.withResolvers<Wake>();
      followed.set(workload, { wake, done });
      return { wake, done: done.promise };
    },
    follow(routes, observed) {
      if (followed.size === 0) return routes;
      const byId = new Map(routes.workloads.map((routed) => [routed.id, routed]));
      for (const [id, follower] of followed) {
        const routed = byId.get(id);
        if (follower.wake.state === "running") take(follower, routed, observed.get(id));
        // What it took is told to those who waited, and to none who waits for another start.
        else if (routed?.state !== "running") followed.delete(id);
      }
      const workloads = routes.workloads.map((routed) => {
        const follower = followed.get(routed.id);
        if (follower === undefined) return routed;
        const { phases, current } = follower.wake;
        return { ...routed, waking: { phases, current } };
      });
      return { ...routes, workloads };
    },
    recent: () => [...followed.values()].map(({ wake }) => wake),
  };
}

/** The instance by which a start is told: one that is ready, or else the first. */
function furthest(instances: readonly ObservedInstance[]): ObservedInstance | null {
  const [first = null] = instances
    .filter(({ state }) => state === "ready" || state === "starting")
    .toSorted(
      (a, b) =>
        Number(b.state === "ready") - Number(a.state === "ready") ||
        (a.readyAt ?? 0) - (b.readyAt ?? 0) ||
        a.startedAt - b.startedAt,
    );
  return first;
}

function sumOf({ phases }: WakeProgress): number {
  return phases.reduce((sum, { durationMs }) => sum + durationMs, 0);
}
