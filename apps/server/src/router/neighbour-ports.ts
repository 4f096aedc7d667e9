import { BerthError, type NeighbourNaming, type Random } from "@berth/core";

/** The ports at which services reach their neighbours lie above those of instances and below those the kernel takes for outgoing connections. */
const first = 30_000;
const count = 2_700;

export interface NeighbourPorts {
  draw(taken: ReadonlySet<number>): number;
  /** How a service names a neighbour. */
  url(port: number, service: string): string;
}

/** Draws loopback ports for services: a random one first, so that two installations on one machine seldom clash, then the next free. */
export function makeNeighbourPorts(random: Random, naming: NeighbourNaming): NeighbourPorts {
  return {
    draw(taken) {
      const [high = 0, low = 0] = random.bytes(2);
      const start = ((high << 8) | low) % count;
      for (let step = 0; step < count; step += 1) {
        const port = first + ((start + step) % count);
        if (!taken.has(port)) return port;
      }
      throw new BerthError("runtime.failed", `All ${count} ports for services that call each other are taken.`, {
        hint: "Remove environments that are no longer needed: berth environments delete.",
      });
    },
    url(port, service) {
      if (naming === "dns") return `http://${service}`;
      return `http://${naming === "loopback" ? "127.0.0.1" : service}:${port}`;
    },
  };
}
