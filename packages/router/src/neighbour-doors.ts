import type { NeighbourGateway, RoutingTable } from "@berth/core";

/** An address and port at which a service's neighbours find it. */
export interface NeighbourDoor {
  address: string;
  port: number;
  /** Only from these ranges connections are taken; null: from wherever they can come. */
  from: readonly string[] | null;
}

/** An address at which the neighbours of every environment are reached. */
export type SharedDoor = Omit<NeighbourDoor, "port">;

export const loopbackDoor: SharedDoor = { address: "127.0.0.1", from: null };

/** Where to listen: at the shared addresses for every service that has neighbours, and at the gateway of its environment, where that has one. */
export function makeNeighbourDoors(
  neighbours: RoutingTable["neighbours"],
  gateways: readonly NeighbourGateway[],
  shared: readonly SharedDoor[],
): NeighbourDoor[] {
  return [...neighbours].flatMap(([port, { app, environment }]) => {
    const own = gateways.filter((gateway) => gateway.app === app && gateway.environment === environment);
    return [...own.map(({ address, subnet }) => ({ address, from: [subnet] })), ...shared].map((door) => ({
      ...door,
      port,
    }));
  });
}
