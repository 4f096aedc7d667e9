import { isDeepStrictEqual } from "node:util";
import {
  type HostRoutes,
  LayeredMap,
  type NeighbourRoute,
  type RoutedWorkload,
  type RouterPort,
  type Scope,
} from "@berth/core";
import { scopeKey } from "./deps.ts";
import type { EnvironmentRoutes } from "./routes.ts";

/** The routing table as the deployer puts it together from its environments' parts. */
export interface Table {
  /** Replaces an environment's part; null takes it out. The router of this process has it when this returns. */
  set(scope: Scope, routes: EnvironmentRoutes | null): void;
  /**
   * Resolves when the environment's part, as it was set last, is what every router routes by, with the names of those that were given up.
   * The same promise until the part changes.
   */
  routed(scope: Scope): Promise<readonly string[]>;
  /** An environment's part is not known yet. */
  setUnread(scope: Scope): void;
  /** Collects what `work` sets and hands it over once. */
  batch(work: () => Promise<void>): Promise<void>;
  /** The environment whose routed workload this is, and its service. */
  placeOf(workload: string): (Scope & { service: string }) | null;
}

const everywhere: Promise<readonly string[]> = Promise.resolve([]);

export function makeTable(router: Pick<RouterPort, "apply">): Table {
  const parts = new Map<string, EnvironmentRoutes>();
  const routed = new Map<string, Promise<readonly string[]>>();
  const unread = new Map<string, Scope>();
  // A table that was handed over is never changed: the next one is a copy.
  let hosts = LayeredMap.from<string, HostRoutes>(new Map());
  let neighbours = LayeredMap.from<number, NeighbourRoute>(new Map());
  let workloads = LayeredMap.from<string, RoutedWorkload>(new Map());
  let version = 0;
  let batches = 0;
  let changed = false;
  let afterBatch = Promise.withResolvers<readonly string[]>();

  function publish(): Promise<readonly string[]> {
    if (batches > 0) {
      changed = true;
      return afterBatch.promise;
    }
    version += 1;
    return handOver();
  }

  async function handOver(): Promise<readonly string[]> {
    return (await router.apply({ version, hosts, neighbours, workloads, unread: [...unread.values()] })) ?? [];
  }

  /** What is gone takes no room once everyone knows. */
  async function forget(key: string, published: Promise<unknown>) {
    await published;
    if (routed.get(key) === published) routed.delete(key);
  }

  return {
    set(scope, routes) {
      const key = scopeKey(scope);
      const before = parts.get(key);
      const wasUnread = unread.delete(key);
      if (isDeepStrictEqual(before, routes ?? undefined) && !wasUnread) return;
      if (routes === null) parts.delete(key);
      else parts.set(key, routes);
      hosts = hosts.with(
        routes?.hosts ?? [],
        before?.hosts.map(([host]) => host),
      );
      neighbours = neighbours.with(
        routes?.neighbours ?? [],
        before?.neighbours.map(([port]) => port),
      );
      workloads = workloads.with(
        routes?.workloads.map((entry) => [entry.id, entry] as const) ?? [],
        before?.workloads.map(({ id }) => id),
      );
      const published = publish();
      routed.set(key, published);
      if (routes === null) void forget(key, published);
    },
    routed: (scope) => routed.get(scopeKey(scope)) ?? everywhere,
    setUnread(scope) {
      unread.set(scopeKey(scope), scope);
      void publish();
    },
    async batch(work) {
      batches += 1;
      try {
        await work();
      } finally {
        batches -= 1;
        if (batches === 0 && changed) {
          changed = false;
          const { resolve } = afterBatch;
          afterBatch = Promise.withResolvers();
          resolve(publish());
        }
      }
    },
    placeOf(workload) {
      const entry = workloads.get(workload);
      if (entry === undefined) return null;
      const { app, environment, service } = entry;
      return { app, environment, service };
    },
  };
}
