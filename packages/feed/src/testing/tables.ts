import type { HostRoutes, NeighbourRoute, RoutedWorkload, RoutingTable, WorkloadLoad } from "@berth/core";
import fc from "fast-check";
import type { Loads } from "../loads.ts";

const apps = fc.constantFrom("shop", "blog", "wiki");
const ids = fc.constantFrom("a", "b", "c", "d");
const scope = { app: apps, environment: fc.constant("production") };

const hostRoutes: fc.Arbitrary<HostRoutes> = fc.record({
  ...scope,
  version: fc.option(fc.nat(9)),
  routes: fc.array(fc.record({ prefix: fc.constantFrom("/", "/api"), service: ids, workload: ids }), { maxLength: 2 }),
  absence: fc.constantFrom(null, "empty" as const),
});

const neighbour: fc.Arbitrary<NeighbourRoute> = fc.record({ ...scope, service: ids, workload: fc.option(ids) });

const workload: fc.Arbitrary<RoutedWorkload> = fc.record({
  id: ids,
  ...scope,
  service: ids,
  instances: fc.array(
    fc.record({
      id: ids,
      endpoint: fc.record({ host: fc.constant("127.0.0.1"), port: fc.nat(9) }),
      draining: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  state: fc.constantFrom("running" as const, "asleep" as const),
  reason: fc.constantFrom(null, "it crashed"),
  hint: fc.constant(null),
  concurrency: fc.constantFrom(null, 3),
});

function maps<Key, Value>(keys: fc.Arbitrary<Key>, values: fc.Arbitrary<Value>): fc.Arbitrary<Map<Key, Value>> {
  return fc.array(fc.tuple(keys, values), { maxLength: 5 }).map((entries) => new Map(entries));
}

/** Tables with few names, so that two of them have much in common. */
export const tables: fc.Arbitrary<RoutingTable> = fc.record({
  version: fc.nat(9),
  hosts: maps(fc.constantFrom("shop.test", "blog.test", "wiki.test"), hostRoutes),
  neighbours: maps(fc.nat(3), neighbour),
  workloads: maps(ids, workload),
  unread: fc.uniqueArray(fc.record(scope), { maxLength: 2, selector: ({ app }) => app }),
});

const load: fc.Arbitrary<WorkloadLoad> = fc.record({
  inFlight: fc.nat(9),
  lastRequestAt: fc.option(fc.nat(100)),
  instances: maps(ids, fc.nat(9)),
  counters: fc.constant([]),
});

export const loads: fc.Arbitrary<Loads> = maps(ids, load);
