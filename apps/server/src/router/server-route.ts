import { type Endpoint, LayeredMap, type RoutedWorkload, type RoutingTable } from "@berth/core";

/** No workload has this id: theirs are hashes. */
export const serverWorkload = "berth-server";
/** Nodes reach the server's registry by these, where a port of theirs leads to a router. */
const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"];
const place = { app: "berth", environment: "production" };

/**
 * The table with the way to the server: what is asked of the bare domain, or of a loopback address, goes there as requests go to an app's
 * instance. While the server is away they wait for it as for one that starts.
 */
export function withServer(table: RoutingTable, domain: string, server: Endpoint, isThere: boolean): RoutingTable {
  const routes = [{ prefix: "/", service: "server", workload: serverWorkload }];
  const entry = { ...place, version: null, routes, absence: null };
  const workload: RoutedWorkload = {
    id: serverWorkload,
    ...place,
    service: "server",
    isServer: true,
    instances: isThere ? [{ id: serverWorkload, endpoint: server, draining: false }] : [],
    state: isThere ? "running" : "starting",
    reason: isThere ? null : "This router has no connection to the Berth server. Apps are served as before.",
    hint: "Try again in a moment; its operator finds more in the router's log.",
    concurrency: null,
  };
  return {
    ...table,
    hosts: LayeredMap.from(table.hosts).with([domain, ...loopbackHosts].map((host) => [host, entry])),
    workloads: LayeredMap.from(table.workloads).with([[serverWorkload, workload]]),
  };
}
