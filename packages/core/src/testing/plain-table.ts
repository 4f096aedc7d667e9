import type { RoutingTable } from "../routing.ts";

/** The same table, made of plain maps of its own: the same as another one where both have the same entries. */
export function plainTable(table: RoutingTable): RoutingTable {
  const { hosts, neighbours, workloads } = table;
  return { ...table, hosts: new Map(hosts), neighbours: new Map(neighbours), workloads: new Map(workloads) };
}
