import { isDeepStrictEqual } from "node:util";
import type { HostRoutes, NeighbourRoute, RoutedWorkload, RouterPort, Scope } from "@berth/core";
import { scopeKey } from "./deps.ts";
import type { EnvironmentRoutes } from "./routes.ts";

/** The routing table as the deployer puts it together from its environments' parts. */
export interface Table {
  /** Replaces an environment's part; null takes it out. The router has it when this returns. */
  set(scope: Scope, routes: EnvironmentRoutes | null): void;
  /** Collects what `work` sets and hands it over once. */
  batch(work: () => Promise<void>): Promise<void>;
  /** The environment whose routed workload this is. */
  scopeOf(workload: string): Scope | null;
}

export function makeTable(router: Pick<RouterPort, "apply">): Table {
  const parts = new Map<string, EnvironmentRoutes>();
  let hosts = new Map<string, HostRoutes>();
  let neighbours = new Map<number, NeighbourRoute>();
  let workloads = new Map<string, RoutedWorkload>();
  let version = 0;
  let batches = 0;
  let changed = false;

  function publish() {
    if (batches > 0) {
      changed = true;
      return;
    }
    version += 1;
    router.apply({ version, hosts, neighbours, workloads });
  }

  /** A table that was handed over is never changed: the next one is a copy. Within a batch nothing is handed over, so one copy serves. */
  function copy() {
    if (batches > 0 && changed) return;
    hosts = new Map(hosts);
    neighbours = new Map(neighbours);
    workloads = new Map(workloads);
  }

  return {
    set(scope, routes) {
      const key = scopeKey(scope);
      const before = parts.get(key);
      if (isDeepStrictEqual(before, routes ?? undefined)) return;
      copy();
      for (const [host] of before?.hosts ?? []) hosts.delete(host);
      for (const [port] of before?.neighbours ?? []) neighbours.delete(port);
      for (const { id } of before?.workloads ?? []) workloads.delete(id);
      if (routes === null) parts.delete(key);
      else parts.set(key, routes);
      for (const [host, entry] of routes?.hosts ?? []) hosts.set(host, entry);
      for (const [port, entry] of routes?.neighbours ?? []) neighbours.set(port, entry);
      for (const entry of routes?.workloads ?? []) workloads.set(entry.id, entry);
      publish();
    },
    async batch(work) {
      batches += 1;
      try {
        await work();
      } finally {
        batches -= 1;
        if (batches === 0 && changed) {
          changed = false;
          publish();
        }
      }
    },
    scopeOf(workload) {
      const entry = workloads.get(workload);
      return entry === undefined ? null : { app: entry.app, environment: entry.environment };
    },
  };
}
