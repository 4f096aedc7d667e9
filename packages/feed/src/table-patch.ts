import {
  type HostRoutes,
  LayeredMap,
  type NeighbourRoute,
  type RoutedWorkload,
  type RoutingTable,
  type Scope,
} from "@berth/core";
import { makeMapPatch, type MapPatch } from "./map-patch.ts";

/** How the table of one version becomes that of another. */
export interface TablePatch {
  from: number;
  to: number;
  hosts: MapPatch<string, HostRoutes>;
  neighbours: MapPatch<number, NeighbourRoute>;
  workloads: MapPatch<string, RoutedWorkload>;
  unread: readonly Scope[];
}

export function makeTablePatch(before: RoutingTable, after: RoutingTable): TablePatch {
  return {
    from: before.version,
    to: after.version,
    hosts: makeMapPatch(before.hosts, after.hosts),
    neighbours: makeMapPatch(before.neighbours, after.neighbours),
    workloads: makeMapPatch(before.workloads, after.workloads),
    unread: after.unread,
  };
}

/** Null where the patch is one for another version: a table in between was missed. */
export function applyTablePatch(table: RoutingTable, patch: TablePatch): RoutingTable | null {
  if (table.version !== patch.from) return null;
  return {
    version: patch.to,
    hosts: applyLayer(table.hosts, patch.hosts),
    neighbours: applyLayer(table.neighbours, patch.neighbours),
    workloads: applyLayer(table.workloads, patch.workloads),
    unread: patch.unread,
  };
}

function applyLayer<Key, Value>(before: ReadonlyMap<Key, Value>, patch: MapPatch<Key, Value>): ReadonlyMap<Key, Value> {
  const isEmpty = patch.set.length === 0 && patch.delete.length === 0;
  return isEmpty ? before : LayeredMap.from(before).with(patch.set, patch.delete);
}

/**
 * The table with the parts of `served` that the server could not read: a server that starts while its runtime is away knows
 * nothing of what runs, and a router goes on with what it has.
 */
export function keepUnread(served: RoutingTable, table: RoutingTable): RoutingTable {
  if (table.unread.length === 0) return table;
  const unread = new Set(table.unread.map(keyOf));
  const keep = <Key, Value extends Scope>(before: ReadonlyMap<Key, Value>, now: ReadonlyMap<Key, Value>) =>
    new Map([...[...before].filter(([, entry]) => unread.has(keyOf(entry))), ...now]);
  return {
    ...table,
    hosts: keep(served.hosts, table.hosts),
    neighbours: keep(served.neighbours, table.neighbours),
    workloads: keep(served.workloads, table.workloads),
  };
}

function keyOf({ app, environment }: Scope): string {
  return `${app}/${environment}`;
}
