import { createServer } from "node:net";
import type { Engine } from "@berth/docker";

/**
 * How the router reaches instances:
 * - `address`: at their own addresses, for the engine's networks are this machine's. Nothing is published, and what runs is reached
 *   without the engine, also while that is away.
 * - `published`: at loopback ports, for the engine's networks are elsewhere (in a virtual machine, or in a namespace of their own).
 */
export type Reach = "address" | "published";

/** Finds out whether the networks of an engine are this machine's: then it can listen at their gateways. */
export async function findReach(engine: Engine): Promise<Reach> {
  if (!engine.isLocal) return "published";
  const bridge = await engine.ask((docker) => docker.getNetwork("bridge").inspect()).catch(() => null);
  const gateway: unknown = bridge?.IPAM?.Config?.[0]?.Gateway;
  if (typeof gateway !== "string") return process.platform === "linux" ? "address" : "published";
  return (await canListen(gateway)) ? "address" : "published";
}

function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(true)));
  });
}
