import { isIP } from "node:net";
import type { KubeObject } from "@berth/cluster";
import { BerthError, type Platform } from "@berth/core";

/** Of a node, what the server asks. */
export interface Node extends KubeObject {
  spec?: { podCIDRs?: readonly string[] };
  status?: {
    addresses?: readonly { type: string; address: string }[];
    nodeInfo?: { operatingSystem: string; architecture: string };
  };
}

export interface ServiceRange extends KubeObject {
  spec?: { cidrs?: readonly string[] };
}

/** Of a pod of anybody's, what the server asks. */
export interface RunningPod extends KubeObject {
  spec?: { hostNetwork?: boolean };
  status?: { podIPs?: readonly { ip: string }[] };
}

/** Where the API server is, as the cluster's own Service for it has it. */
export interface ApiServerSlice extends KubeObject {
  endpoints?: readonly { addresses?: readonly string[] }[];
}

/** What has an address of its own beside pods and services: each node at all its addresses, and the API server, which may be none of them. */
export function machineAddresses(nodes: readonly Node[], apiServer: readonly ApiServerSlice[]): string[] {
  const ofNodes = nodes.flatMap(({ status }) => status?.addresses ?? []).map(({ address }) => address);
  const ofServer = apiServer.flatMap(({ endpoints }) => endpoints?.flatMap(({ addresses }) => addresses ?? []) ?? []);
  return [...new Set([...ofNodes, ...ofServer].filter((address) => isIP(address) !== 0))].toSorted();
}

export interface Surveyed {
  nodes: readonly Node[];
  /** Some that run; they are looked at where nodes do not tell the ranges. */
  pods: readonly RunningPod[];
  services: readonly ServiceRange[];
}

/** At which nodes reach each other. */
export function nodeAddresses(nodes: readonly Node[]): string[] {
  return nodes.flatMap(({ status }) =>
    (status?.addresses ?? []).flatMap(({ type, address }) => (type === "InternalIP" ? [address] : [])),
  );
}

/** Where what is not told may be: all addresses that networks of one's own have. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/** Ranges of pods and services, as the cluster tells, and of which of them it does not. */
export function findRanges({ nodes, pods, services }: Surveyed): { ranges: string[]; untold: string[] } {
  const told = nodes.flatMap(({ spec }) => spec?.podCIDRs ?? []);
  const ofPods = told.length > 0 ? told : pods.flatMap(rangesAround);
  const ofServices = services.flatMap(({ spec }) => spec?.cidrs ?? []);
  const untold = [...(ofPods.length === 0 ? ["pods"] : []), ...(ofServices.length === 0 ? ["services"] : [])];
  const all = [...ofPods, ...ofServices, ...(untold.length === 0 ? [] : privateRanges)];
  return { ranges: [...new Set(all)].toSorted(), untold };
}

/** What a cluster does not tell, what follows from that, and where it can be said. */
export function untoldText(untold: readonly string[], registeredAs: string | null): string {
  const example = "10.244.0.0/16,10.96.0.0/12,192.168.1.0/24";
  const cluster = registeredAs === null ? "The cluster" : `The cluster ${registeredAs}`;
  const remedy =
    registeredAs === null
      ? `BERTH_CLUSTER_RANGES=${example} names them`
      : `--ranges ${example} of berth clusters add names them`;
  return `${cluster} does not tell which addresses its ${untold.join(" and ")} have: instances reach no private address but those of their own environment. ${remedy}`;
}

/** Networks that give out addresses themselves tell nobody their ranges: as wide a one is taken as they mostly have. */
function rangesAround({ spec, status }: RunningPod): string[] {
  if (spec?.hostNetwork === true) return [];
  return (status?.podIPs ?? []).flatMap(({ ip }) => {
    const [, start] = /^(\d+\.\d+)\.\d+\.\d+$/.exec(ip) ?? [];
    if (start !== undefined) return [`${start}.0.0/16`];
    const groups = ip.split("::")[0]?.split(":") ?? [];
    return groups.length < 4 ? [] : [`${groups.slice(0, 4).join(":")}::/64`];
  });
}

/**
 * What images have to be made for. Where nodes are of several kinds, this machine's kind is taken, for builds run here.
 * Throws `settings.invalid` where there is no node that could run anything.
 */
export function findPlatform(nodes: readonly Node[], own: Platform): Platform {
  const kinds = nodes.flatMap(({ status }) => (status?.nodeInfo?.operatingSystem === "linux" ? [status.nodeInfo] : []));
  const kind = kinds.find(({ architecture }) => architecture === own.architecture) ?? kinds[0];
  if (kind === undefined) {
    throw new BerthError("settings.invalid", "The cluster has no node with Linux.", {
      hint: "Add one; kubectl get nodes -o wide shows those there are.",
    });
  }
  // Images bring their own C library.
  return { os: kind.operatingSystem, architecture: kind.architecture, libc: null };
}
