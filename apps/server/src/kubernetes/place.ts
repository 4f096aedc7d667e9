import { hostname } from "node:os";
import { nodeLocalDns } from "@berth/cluster";
import { BerthError, type Log } from "@berth/core";
import type { SharedDoor } from "@berth/router";
import type { ClusterPlace, RouterPlace } from "@berth/runtimes";
import type { ClusterSettings } from "../settings/settings.ts";
import type { ConnectedCluster } from "./connect.ts";
import type { NodesRegistry } from "./nodes-registry.ts";
import { sourceAddressFor } from "./own-addresses.ts";
import { findOwnPods } from "./own-pods.ts";
import {
  type ApiServerSlice,
  findRanges,
  machineAddresses,
  nodeAddresses,
  type RunningPod,
  type ServiceRange,
  type Surveyed,
  untoldText,
} from "./survey.ts";

export interface PlaceDeps extends ConnectedCluster {
  settings: ClusterSettings;
  installation: string;
  registry: NodesRegistry;
  /** Of this server. */
  port: number;
  /** As which the cluster is registered; null: it is that of the settings. */
  registeredAs: string | null;
  log: Log;
}

/** What the settings and the cluster say of how the two reach each other. Throws `settings.invalid`. */
export async function findPlace(deps: PlaceDeps): Promise<ClusterPlace> {
  const { settings, installation, registry } = deps;
  return {
    installation,
    namespacePrefix: settings.namespacePrefix,
    routers: await findRouters(deps),
    clusterRanges: await findClusterRanges(deps),
    dnsAddresses: nodeLocalDns,
    pull: registry.login,
    quota: settings.quota,
  };
}

/** Router pods take requests from the world at the port that the server has. */
async function findRouters({ settings, cluster, nodes, port }: PlaceDeps): Promise<RouterPlace> {
  const publicPorts = [port];
  const findAddresses = async () => settings.routerAddresses ?? [await findRouterAddress(nodeAddresses(nodes))];
  if (settings.routerPods === null) return { kind: "outside", addresses: await findAddresses(), publicPorts };
  const own = await findOwnPods(cluster, hostname(), settings.routerPods);
  const server = own === null ? { kind: "outside" as const, addresses: await findAddresses() } : own;
  // Which addresses they have is found as they come and go.
  return { kind: "inside", ...settings.routerPods, server, addresses: [], publicPorts };
}

/** Whatever ranges are named, machines of the cluster are closed to its instances. */
async function findClusterRanges(deps: PlaceDeps): Promise<string[]> {
  const { cluster, nodes, settings } = deps;
  const { items: slices } = await cluster.list<ApiServerSlice>(
    { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" },
    { namespace: "default", labels: "kubernetes.io/service-name=kubernetes" },
  );
  const ranges = settings.ranges ?? (await askRanges(deps));
  return [...new Set([...ranges, ...machineAddresses(nodes, slices)])].toSorted();
}

/** What is not told is closed to instances rather than open. */
async function askRanges(deps: PlaceDeps): Promise<string[]> {
  const { ranges, untold } = findRanges(await survey(deps));
  if (untold.length > 0) deps.log.warn({ ranges }, untoldText(untold, deps.registeredAs));
  return ranges;
}

async function survey({ cluster, nodes }: ConnectedCluster): Promise<Surveyed> {
  const { items: pods } = await cluster.list<RunningPod>(
    { apiVersion: "v1", kind: "Pod" },
    { namespace: "kube-system", fields: "status.phase=Running" },
  );
  // Clusters before 1.33 have no such thing.
  const path = "/apis/networking.k8s.io/v1/servicecidrs";
  const services = (await cluster.read<{ items: ServiceRange[] }>(path))?.items ?? [];
  return { nodes, pods, services };
}

/** The address from which this machine sends to nodes, or to most of them. */
async function findRouterAddress(nodes: readonly string[]): Promise<string> {
  const found = (await Promise.all(nodes.map(sourceAddressFor))).filter((address) => address !== null);
  const most = [...Map.groupBy(found, (address) => address)].toSorted(([, a], [, b]) => b.length - a.length)[0];
  if (most !== undefined) return most[0];
  throw new BerthError("settings.invalid", "This machine has no way to the nodes of the cluster.", {
    path: "BERTH_ROUTER_ADDRESSES",
    hint: "Run Berth where nodes and pods can be reached, such as on the cluster itself: berth install. Elsewhere, name its address in BERTH_ROUTER_ADDRESSES.",
    details: [`nodes: ${nodes.join(", ")}`],
  });
}

/** At which address pods reach this server itself, whoever the routers are. Where it is a pod that is the pod's own. */
export async function findServerAddress({ routers }: ClusterPlace, nodes: PlaceDeps["nodes"]): Promise<string> {
  const server = routers.kind === "outside" ? routers : routers.server;
  const told = server.kind === "outside" ? server.addresses[0] : undefined;
  return told ?? (await findRouterAddress(nodeAddresses(nodes)));
}

/** Where this server's router takes requests of neighbours, from the cluster alone: nowhere, where pods do. */
export function makeDoors({ routers, clusterRanges }: ClusterPlace, own: ReadonlySet<string>): SharedDoor[] {
  if (routers.kind === "inside") return [];
  const listened = new Set(routers.addresses.map((address) => listenedAddress(address, own)));
  return [...listened].map((address) => ({ address, from: clusterRanges }));
}

/** Where to listen for what is sent to an address: one that is another machine's leads to this one somehow. */
export function listenedAddress(address: string, own: ReadonlySet<string>): string {
  if (own.has(address)) return address;
  return address.includes(":") ? "::" : "0.0.0.0";
}
