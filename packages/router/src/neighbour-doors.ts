import type { NeighbourGateway, RoutingTable } from "@berth/core";

/** An address and port at which a service's neighbours find it. */
export interface NeighbourDoor {
  address: string;
  port: number;
  /** Only from there connections are taken; null: from wherever they can come. */
  subnet: string | null;
}

const loopback = "127.0.0.1";

/** Where to listen: at the loopback address for every service that has neighbours, or at the gateway of its environment, where that has one. */
export function makeNeighbourDoors(
  neighbours: RoutingTable["neighbours"],
  gateways: readonly NeighbourGateway[],
  onLoopback: boolean,
): NeighbourDoor[] {
  return [...neighbours].flatMap(([port, { app, environment }]) => {
    const own = gateways.filter((gateway) => gateway.app === app && gateway.environment === environment);
    const doors = own.map(({ address, subnet }) => ({ address, port, subnet }));
    return onLoopback ? [...doors, { address: loopback, port, subnet: null }] : doors;
  });
}
