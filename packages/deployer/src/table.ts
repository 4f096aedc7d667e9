import { isDeepStrictEqual } from "node:util";
import type { HostRoutes, NeighbourRoute, RoutedWorkload, RouterPort, Scope } from "@berth/core";
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
  let hosts = new Map<string, HostRoutes>();
  let neighbours = new Map<number, NeighbourRoute>();
  let workloads = new Map<string, RoutedWorkload>();
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

  /** A table that was handed over is never changed: the next one is a copy. Within a batch nothing is handed over, so one copy serves. */
  function copy() {
    if (batches > 0 && changed) return;
    hosts = new Map(hosts);
    neighbours = new Map(neighbours);
    workloads = new Map(workloads);
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
      copy();
      for (const [host] of before?.hosts ?? []) hosts.delete(host);
      for (const [port] of before?.neighbours ?? []) neighbours.delete(port);
      for (const { id } of before?.workloads ?? []) workloads.delete(id);
      if (routes === null) parts.delete(key);
      else parts.set(key, routes);
      for (const [host, entry] of routes?.hosts ?? []) hosts.set(host, entry);
      for (const [port, entry] of routes?.neighbours ?? []) neighbours.set(port, entry);
      for (const entry of routes?.workloads ?? []) workloads.set(entry.id, entry);
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
