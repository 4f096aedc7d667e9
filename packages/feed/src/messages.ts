import {
  type HeldSlots,
  type HostRoutes,
  type NeighbourRoute,
  type Requester,
  type RoutedWorkload,
  type RoutingTable,
  type SlotAllotment,
  type SlotReport,
  wakePhases,
  type WorkloadLoad,
} from "@berth/core";
import { z } from "zod";
import type { MapPatch } from "./map-patch.ts";
import type { Requesters } from "./requesters.ts";
import type { LoadReport } from "./roster.ts";
import type { TablePatch } from "./table-patch.ts";

const scope = { app: z.string(), environment: z.string() };
const version = z.int().min(-1);
const count = z.int().min(0);

const hostRoutes = z.object({
  ...scope,
  version: z.int().nullable(),
  routes: z.array(z.object({ prefix: z.string(), service: z.string(), workload: z.string() })),
  absence: z.enum(["empty", "no-routes", "release-gone"]).nullable(),
  access: z.object({ key: z.string(), owner: z.string() }).exactOptional(),
}) satisfies z.ZodType<HostRoutes>;

const neighbourRoute = z.object({
  ...scope,
  service: z.string(),
  workload: z.string().nullable(),
}) satisfies z.ZodType<NeighbourRoute>;

const endpoint = z.object({ host: z.string(), port: z.int() });

const routedWorkload = z.object({
  id: z.string(),
  ...scope,
  service: z.string(),
  release: z.int().optional(),
  instances: z.array(z.object({ id: z.string(), endpoint, draining: z.boolean() })),
  state: z.enum(["running", "starting", "asleep", "failed"]),
  reason: z.string().nullable(),
  hint: z.string().nullable(),
  wake: z.object({ timeoutMs: z.int(), queue: z.int() }).exactOptional(),
  sleeps: z.boolean().exactOptional(),
  waking: z
    .object({
      phases: z.array(z.object({ phase: z.enum(wakePhases), durationMs: z.number() })),
      current: z.enum(wakePhases).nullable(),
    })
    .exactOptional(),
  // A table that an older version has kept has none.
  concurrency: z.int().min(1).nullable().default(null),
}) satisfies z.ZodType<RoutedWorkload>;

const unread = z.array(z.object(scope));

function mapPatch<Key extends z.ZodType, Value extends z.ZodType>(key: Key, value: Value) {
  return z.object({ set: z.array(z.tuple([key, value])), delete: z.array(key) });
}

/** A table as JSON holds it. */
const table = z.object({
  version,
  hosts: z.array(z.tuple([z.string(), hostRoutes])),
  neighbours: z.array(z.tuple([z.int(), neighbourRoute])),
  workloads: z.array(z.tuple([z.string(), routedWorkload])),
  unread,
});

const patch = z.object({
  from: version,
  to: version,
  hosts: mapPatch(z.string(), hostRoutes),
  neighbours: mapPatch(z.int(), neighbourRoute),
  workloads: mapPatch(z.string(), routedWorkload),
  unread,
}) satisfies z.ZodType<TablePatch>;

/** Times are told as ages, for the clocks of two machines differ; sums as they are when it is sent. */
const load = z.object({
  inFlight: count,
  requests: count,
  busyMs: z.number().min(0),
  idleMs: z.number().min(0).nullable(),
  instances: z.array(z.tuple([z.string(), count])),
});

const requester = z.object({
  agent: z.string(),
  network: z.string(),
  perHour: z.number().min(0),
  idleMs: z.number().min(0),
});
/** By instance. */
const slotCounts = z.array(z.tuple([z.string(), count]));
const heldSlots = z.object({ held: slotCounts, used: count, want: count });

const fromServer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("table"), table }),
  z.object({ kind: z.literal("patch"), patch }),
  z.object({ kind: z.literal("slots"), seq: count, workloads: z.array(z.tuple([z.string(), slotCounts.nullable()])) }),
  /** What became of a wake (`found` says nothing) or a visit. */
  z.object({ kind: z.literal("answer"), id: count, found: z.boolean(), error: z.string().nullable() }),
]);

const fromRouter = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("load"), version, isWhole: z.boolean(), load: mapPatch(z.string(), load) }),
  z.object({ kind: z.literal("wake"), id: count, workload: z.string(), by: z.string().max(100) }),
  /** Who asks most for the workloads that may sleep: all of what this router knows. */
  z.object({ kind: z.literal("requesters"), requesters: z.array(z.tuple([z.string(), z.array(requester)])) }),
  z.object({ kind: z.literal("visit"), id: count, app: z.string(), version: z.int() }),
  z.object({
    kind: z.literal("slots"),
    seq: count,
    isWhole: z.boolean(),
    workloads: z.array(z.tuple([z.string(), heldSlots])),
  }),
  /** A version was missed: send the whole table. */
  z.object({ kind: z.literal("resync") }),
]);

export type TableOnWire = z.infer<typeof table>;
export type FromServer = z.infer<typeof fromServer>;
export type FromRouter = z.infer<typeof fromRouter>;
export type RequestersMessage = Extract<FromRouter, { kind: "requesters" }>;
export type LoadMessage = Extract<FromRouter, { kind: "load" }>;

/** Throws at what is not a message. */
export function readFromServer(text: string): FromServer {
  return fromServer.parse(JSON.parse(text));
}

/** Throws at what is not a message. */
export function readFromRouter(text: string): FromRouter {
  return fromRouter.parse(JSON.parse(text));
}

/** Throws at what is not a table. */
export function readTableText(text: string): RoutingTable {
  return readTable(table.parse(JSON.parse(text)));
}

export function writeTable({ version: of, hosts, neighbours, workloads, unread: lacks }: RoutingTable): object {
  return { version: of, hosts: [...hosts], neighbours: [...neighbours], workloads: [...workloads], unread: lacks };
}

export function readTable(wire: TableOnWire): RoutingTable {
  return {
    version: wire.version,
    hosts: new Map(wire.hosts),
    neighbours: new Map(wire.neighbours),
    workloads: new Map(wire.workloads),
    unread: wire.unread,
  };
}

export function writeLoad({ version: by, isWhole, load: changed }: LoadReport, now: number): LoadMessage {
  return {
    kind: "load",
    version: by,
    isWhole,
    load: mapValues(changed, ({ inFlight, lastRequestAt, instances, counters }) => ({
      inFlight,
      requests: counters[0]?.requests ?? 0,
      busyMs: counters[0]?.busyMs ?? 0,
      idleMs: lastRequestAt === null ? null : Math.max(0, now - lastRequestAt),
      instances: [...instances],
    })),
  };
}

export function readLoad(
  { version: by, isWhole, load: changed }: LoadMessage,
  router: string,
  now: number,
): LoadReport {
  const read = ({ inFlight, requests, busyMs, idleMs, instances }: z.infer<typeof load>): WorkloadLoad => ({
    inFlight,
    lastRequestAt: idleMs === null ? null : now - idleMs,
    instances: new Map(instances),
    counters: [{ router, requests, busyMs, inFlight, at: now }],
  });
  return { version: by, isWhole, load: mapValues(changed, read) };
}

export function writeRequesters(requesters: Requesters, now: number): RequestersMessage {
  const write = ({ lastAt, ...rest }: Requester) => ({ ...rest, idleMs: Math.max(0, now - lastAt) });
  return { kind: "requesters", requesters: [...requesters].map(([id, list]) => [id, list.map(write)]) };
}

export function readRequesters({ requesters }: RequestersMessage, now: number): Requesters {
  const read = ({ idleMs, ...rest }: z.infer<typeof requester>): Requester => ({ ...rest, lastAt: now - idleMs });
  return new Map(requesters.map(([id, list]) => [id, list.map(read)]));
}

export function writeAllotment({ seq, workloads }: SlotAllotment): FromServer {
  return { kind: "slots", seq, workloads: [...workloads].map(([id, counts]) => [id, counts && [...counts]]) };
}

export function readAllotment({ seq, workloads }: Extract<FromServer, { kind: "slots" }>): SlotAllotment {
  return { seq, workloads: new Map(workloads.map(([id, counts]) => [id, counts && new Map(counts)])) };
}

export function writeSlots({ seq, isWhole, workloads }: SlotReport): FromRouter {
  const wire = [...workloads].map(([id, { held, used, want }]): [string, z.infer<typeof heldSlots>] => [
    id,
    { held: [...held], used, want },
  ]);
  return { kind: "slots", seq, isWhole, workloads: wire };
}

export function readSlots({ seq, isWhole, workloads }: Extract<FromRouter, { kind: "slots" }>): SlotReport {
  const read = ({ held, used, want }: z.infer<typeof heldSlots>): HeldSlots => ({ held: new Map(held), used, want });
  return { seq, isWhole, workloads: new Map(workloads.map(([id, slots]) => [id, read(slots)])) };
}

function mapValues<Value, Other>(
  changed: MapPatch<string, Value>,
  change: (value: Value) => Other,
): { set: [string, Other][]; delete: string[] } {
  return { set: changed.set.map(([key, value]) => [key, change(value)]), delete: [...changed.delete] };
}
