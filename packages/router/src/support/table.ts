import type { HostRoutes, RoutedWorkload, RoutingTable } from "@berth/core";

/** A workload of the app `shop` as a test describes it. */
export interface WorkloadSketch {
  id: string;
  ports?: readonly number[];
  draining?: readonly number[];
  state?: RoutedWorkload["state"];
  reason?: string;
  hint?: string;
  concurrency?: number;
  host?: string;
  prefixes?: readonly string[];
  /** What else the table says of it. */
  more?: Pick<RoutedWorkload, "wake" | "sleeps" | "waking">;
}

/** A routing table of the app `shop` at `shop.localhost`. */
export function tableOf(sketches: readonly WorkloadSketch[], version: number): RoutingTable {
  const hosts = new Map<string, HostRoutes>();
  const workloads = new Map<string, RoutedWorkload>();
  for (const sketch of sketches) {
    const {
      id,
      ports = [],
      draining = [],
      state = "running",
      reason = null,
      concurrency = null,
      hint = null,
      host = "shop.localhost",
      prefixes = ["/"],
      more = {},
    } = sketch;
    const known = hosts.get(host)?.routes ?? [];
    const routes = [...known, ...prefixes.map((prefix) => ({ prefix, service: id, workload: id }))];
    routes.sort((one, other) => other.prefix.length - one.prefix.length);
    hosts.set(host, { app: "shop", environment: "production", version: null, routes, absence: null });
    const instances = [...ports, ...draining].map((port) => ({
      id: `${id}-${port}`,
      endpoint: { host: "127.0.0.1", port },
      draining: draining.includes(port),
    }));
    workloads.set(id, {
      id,
      app: "shop",
      environment: "production",
      service: id,
      instances,
      state,
      reason,
      hint,
      concurrency,
      ...more,
    });
  }
  return { version, hosts, neighbours: new Map(), workloads, unread: [] };
}
