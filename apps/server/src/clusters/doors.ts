import type { SharedDoor } from "@berth/router";

/** The doors of several clusters: one for each address, for all who may come by it. */
export function mergeDoors(doors: readonly SharedDoor[]): SharedDoor[] {
  return [...Map.groupBy(doors, ({ address }) => address)].map(([address, same]) => ({
    address,
    from: same.some(({ from }) => from === null)
      ? null
      : [...new Set(same.flatMap(({ from }) => from ?? []))].toSorted(),
  }));
}
