import type { Log } from "@berth/core";
import { parseRegistry } from "@berth/images";
import type { ClusterPlace } from "@berth/runtimes";
import type { Settings } from "../settings/settings.ts";
import type { ConnectedCluster } from "./connect.ts";
import { findNodesRegistry, type NodesRegistry } from "./nodes-registry.ts";
import { ownAddresses } from "./own-addresses.ts";
import { findPlace } from "./place.ts";
import { nodeAddresses } from "./survey.ts";

export interface ServerPlaceDeps {
  connected: ConnectedCluster;
  settings: Pick<Settings, "cluster" | "registry" | "pullLogin" | "nodesRegistry">;
  installation: string;
  /** Of this server. */
  port: number;
  /** What this server's own registry takes from nodes. */
  pullPassword: string;
  /** As which the cluster is registered; null: it is that of the settings. */
  registeredAs: string | null;
  log: Log;
}

/** How this server and a cluster reach each other: asked of the cluster once, for what runs there and what is built there. */
export interface ServerPlace {
  place: ClusterPlace;
  /** Where nodes fetch images. */
  registry: NodesRegistry;
  /** Addresses of this machine. */
  own: ReadonlySet<string>;
}

/** A cluster whose way to this server is known. */
export interface ReachedCluster extends ConnectedCluster {
  server: ServerPlace;
}

/** Throws `settings.invalid`. */
export async function reachCluster(deps: ServerPlaceDeps): Promise<ReachedCluster> {
  const { connected, settings, installation, port, pullPassword: password, registeredAs, log } = deps;
  const own = ownAddresses();
  const outside = settings.registry === null ? null : parseRegistry(settings.registry);
  const registry = findNodesRegistry({
    settings,
    outside: outside && { prefix: `${outside.host}/${outside.folder}`, host: outside.host },
    port,
    password,
    nodes: nodeAddresses(connected.nodes),
    own,
  });
  const place = await findPlace({
    ...connected,
    settings: settings.cluster,
    installation,
    registry,
    port,
    registeredAs,
    log,
  });
  return { ...connected, server: { place, registry, own } };
}
