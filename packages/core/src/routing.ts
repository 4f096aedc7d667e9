import type { Requester } from "./decide/kept-awake.ts";
import type { Endpoint, Scope } from "./runtime.ts";
import type { SlotAllotment, SlotReport } from "./slots.ts";
import type { WakeLimits, WakeProgress } from "./wake.ts";

/** What the router needs to know, as one value that is swapped whole. */
export interface RoutingTable {
  version: number;
  /** By host name without port, lower case. */
  hosts: ReadonlyMap<string, HostRoutes>;
  /** By loopback port: how a service reaches a neighbour. */
  neighbours: ReadonlyMap<number, NeighbourRoute>;
  workloads: ReadonlyMap<string, RoutedWorkload>;
  /** Environments that could not be read since the start, so that nothing of them is in here: what a router knows of them stands. */
  unread: readonly Scope[];
}

export interface NeighbourRoute {
  app: string;
  environment: string;
  service: string;
  workload: string | null;
}

export interface HostRoutes {
  app: string;
  environment: string;
  /** Set on a permalink. */
  version: number | null;
  /** Longest prefix first. */
  routes: readonly Route[];
  /** Only who shows a token of this key sees it, and whom to ask for one. Missing: it is open. */
  access?: HostAccess;
  /** Why there is nothing to route to, for the page that says so. */
  absence: HostAbsence | null;
}

export interface HostAccess {
  /** Hex, as `shareKeyOf` makes it. */
  key: string;
  owner: string;
}

/** `empty`: nothing deployed yet. `no-routes`: no service of the release is reachable from outside. `release-gone`: the version does not exist (any more) or never was live. */
export type HostAbsence = "empty" | "no-routes" | "release-gone";

export interface Route {
  prefix: string;
  service: string;
  workload: string;
}

/** Whether a route's prefix takes this path, with or without a query: `/api` takes `/api` and `/api/x`, not `/apis`. */
export function coversPath(prefix: string, path: string): boolean {
  if (prefix === "/") return true;
  if (!path.startsWith(prefix)) return false;
  if (path.length === prefix.length || prefix.endsWith("/")) return true;
  const next = path.charAt(prefix.length);
  return next === "/" || next === "?" || next === "#";
}

export interface RoutedInstance {
  id: string;
  endpoint: Endpoint;
  /** Takes no new requests; those in flight go on. */
  draining: boolean;
}

export interface RoutedWorkload {
  id: string;
  app: string;
  environment: string;
  service: string;
  /** The number of the release that it is of, the live one's where it is of several. Not told by older servers. */
  release?: number | undefined;
  /** It is the server itself, which a router passes on to, and of no app. */
  isServer?: true;
  instances: readonly RoutedInstance[];
  /** With no instances to send to: `asleep` is woken by a request, `starting` is waited for, `failed` is told. */
  state: "running" | "starting" | "asleep" | "failed";
  reason: string | null;
  /** What to do about it, where more is known than that its output may say. */
  hint: string | null;
  /** How requests wait for it. Missing: as by default. */
  wake?: WakeLimits;
  /** It falls asleep when nobody asks for it. */
  sleeps?: boolean;
  /** How far its start has come after a request found it asleep, or what that took; missing where it was no such start. */
  waking?: WakeProgress;
  /** How many requests each instance may have at once; null: as many as come. */
  concurrency: number | null;
}

/** Load as the router counts it, by workload. */
export interface WorkloadLoad {
  inFlight: number;
  lastRequestAt: number | null;
  /** In flight per instance, for draining. */
  instances: ReadonlyMap<string, number>;
  /** What each router that takes its requests has counted of them. */
  counters: readonly LoadCounter[];
}

/**
 * Sums over all requests that one router has had of a workload since it began: waiting or served, upgraded connections and streams for as
 * long as they are open. They only grow. Between two readings (second − first) / (time between) is the exact average: of `busyMs` how many were in
 * flight, weighted by time, of `requests` how many came.
 */
export interface LoadCounter {
  /** Empty for the router that is asked itself. */
  router: string;
  requests: number;
  /** In flight × ms, summed up by `at`. Until the router tells of something else, it grows by `inFlight` each ms. */
  busyMs: number;
  inFlight: number;
  /** Ms since the epoch. */
  at: number;
}

/** A change of a workload's load is told where there was none for so long: who reads it as often while it changes misses nothing. */
export const loadStirsAfterMs = 1_000;

/** An address of this machine at which the instances of one environment reach their neighbours, and nobody else. */
export interface NeighbourGateway {
  app: string;
  environment: string;
  /** IPv4. */
  address: string;
  /** Where its instances are, such as `10.201.0.0/26`. */
  subnet: string;
}

export interface RouterPort {
  /**
   * From the next request on, requests are routed by this table. Instances that it lacks or marks as draining finish what they have.
   * Where other processes route too, resolves when each has said that it does, or is given up: with the names of those.
   */
  apply(table: RoutingTable): void | Promise<readonly string[]>;
  /** Of all who route; `of`: of these workloads alone. A request that came by an older table is in here by the time the newer one is applied. */
  load(of?: Iterable<string>): ReadonlyMap<string, WorkloadLoad>;
  /** Who asks most for the workloads that may sleep, of all who route. */
  requesters(): ReadonlyMap<string, readonly Requester[]>;
  /** Calls `stirs` with a workload whose load changes, and has not for `loadStirsAfterMs`. Returns how to stop. */
  watch(stirs: (workload: string) => void): () => void;
}

/** A router among several that take requests for the same instances. */
export interface SlotPort {
  /** From now on it may have so many requests at each instance, and no more; those that are there already go on. */
  allot(allotment: SlotAllotment): void;
  /** All that it has now. What it has been allotted before counts as taken. */
  slots(): SlotReport;
}
