// Times what a router does with a large table: node table.ts <plan>
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type HostRoutes,
  quietLog,
  type RoutedWorkload,
  type RoutingTable,
  systemClock,
  systemRandom,
} from "../../../../packages/core/src/index.ts";
import { applyTablePatch, makeTablePatch } from "../../../../packages/feed/src/table-patch.ts";
import { hostName, makeRouter } from "../../../../packages/router/src/index.ts";
import { findRoute } from "../../../../packages/router/src/route.ts";
import { readPlan, tellParent } from "../../support/programs.ts";
import type { TablePlan, TableTimes } from "../table.ts";

/** In one go: few, so that what else the machine does falls between them. */
const lookups = 1_000;

const { apps, rounds } = readPlan<TablePlan>();
const router = makeRouter({
  domain: "localhost",
  clock: systemClock,
  log: quietLog,
  random: systemRandom,
  wake: async () => {},
});
const times: TableTimes = { lookupUs: [], lonelyLookupUs: [], swapMs: [], updateMs: [], applyMs: [] };

let table = makeTable(apps, 1);
const lonely = makeTable(1, 1);
router.apply(table);
// The first rounds are those in which the code is compiled.
const warmUps = Math.ceil(rounds / 2);
for (let round = -warmUps; round < rounds; round++) {
  const lookupUs = timeLookups(table, apps);
  const lonelyLookupUs = timeLookups(lonely, 1);
  const swapMs = timeSwap();
  const { updateMs, applyMs } = timeUpdate(round + warmUps);
  if (round >= 0) {
    times.lookupUs.push(lookupUs);
    times.lonelyLookupUs.push(lonelyLookupUs);
    times.swapMs.push(swapMs);
    times.updateMs.push(updateMs);
    times.applyMs.push(applyMs);
  }
  await nextTurn();
}
router.close();
tellParent(times);

/** What a router does to find where a request goes, by its own functions, over and over for apps in no order. */
function timeLookups({ hosts, workloads }: RoutingTable, among: number): number {
  const headers = Array.from({ length: lookups }, () => makeHeader(Math.floor(Math.random() * among)));
  let found = 0;
  collect();
  const begin = performance.now();
  for (const header of headers) {
    const routes = hosts.get(hostName(header));
    const route = routes === undefined ? null : findRoute(routes, "/notes/1?all");
    if (route !== null && workloads.has(route.workload)) found++;
  }
  const us = ((performance.now() - begin) * 1_000) / lookups;
  if (found !== lookups) throw new Error(`${lookups - found} of ${lookups} apps were not found`);
  return us;
}

/** As a parser has it: a string of its own, whose hash nobody has asked for. */
function makeHeader(index: number): string {
  return Buffer.from(`app-${index}.localhost:4000`).toString("latin1");
}

/** Every entry is another value, as after a new connection to the server. */
function timeSwap(): number {
  table = makeTable(apps, table.version + 1);
  collect();
  const begin = performance.now();
  router.apply(table);
  return performance.now() - begin;
}

/** One workload has another instance: the patch that comes from the server, made part of the table, and that taken. */
function timeUpdate(round: number): { updateMs: number; applyMs: number } {
  const id = `workload-${(round * 7_919) % apps}`;
  const changed = { ...table.workloads.get(id)!, instances: [instanceOf(id, 20_000 + (round % 10_000))] };
  const next = { ...table, version: table.version + 1, workloads: new Map(table.workloads).set(id, changed) };
  const patch = makeTablePatch(table, next);
  collect();
  const begin = performance.now();
  table = applyTablePatch(table, patch)!;
  const patchedAt = performance.now();
  router.apply(table);
  const end = performance.now();
  return { updateMs: end - begin, applyMs: end - patchedAt };
}

/** What it costs to make a table here is no part of what is timed, nor is clearing that away. */
function collect(): void {
  if (globalThis.gc === undefined) throw new Error("the bench needs node --expose-gc");
  globalThis.gc({ type: "minor" });
}

function makeTable(count: number, version: number): RoutingTable {
  const hosts = new Map<string, HostRoutes>();
  const workloads = new Map<string, RoutedWorkload>();
  for (let index = 0; index < count; index++) {
    const place = { app: `app-${index}`, environment: "production" };
    const id = `workload-${index}`;
    const routes = [{ prefix: "/", service: "web", workload: id }];
    hosts.set(`${place.app}.localhost`, { ...place, version: null, routes, absence: null });
    workloads.set(id, {
      ...place,
      id,
      service: "web",
      instances: [instanceOf(id, 10_000 + index)],
      state: "running",
      reason: null,
      hint: null,
      concurrency: null,
    });
  }
  return { version, hosts, neighbours: new Map(), workloads, unread: [] };
}

function instanceOf(workload: string, port: number) {
  return { id: `${workload}-${port}`, endpoint: { host: "127.0.0.1", port }, draining: false };
}
