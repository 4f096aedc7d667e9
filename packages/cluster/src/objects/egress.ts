import type { V1NetworkPolicyPort } from "@kubernetes/client-node";
import { familyOf, rangeOf } from "./address.ts";
import { podsPeer } from "./peers.ts";

const dnsPorts: V1NetworkPolicyPort[] = ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 }));
/** Where node-local DNS caches listen, on clusters that have them; they are no pods. */
export const nodeLocalDns: readonly string[] = ["169.254.20.10"];
/** Where clouds give out a machine's own credentials: the link-local addresses, and those of Alibaba and Azure; AWS and Google by IPv6. */
const metadataRanges = [
  "169.254.0.0/16",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "fe80::/10",
  "fd00:ec2::/32",
  "fd20:ce::254/128",
];

/** A rule that lets pods ask the cluster's DNS, and caches of it at these addresses. */
export function egressToDns(addresses: readonly string[]) {
  const dns = podsPeer({ namespace: "kube-system", labels: { "k8s-app": "kube-dns" } });
  return { to: [dns, ...addresses.map((address) => ({ ipBlock: { cidr: rangeOf(address) } }))], ports: dnsPorts };
}

/** A rule that lets pods reach the world, but for clouds' metadata and these addresses and ranges. */
export function egressToWorld(without: readonly string[]) {
  const excepted = [...metadataRanges, ...without].map(rangeOf);
  const to = (["0.0.0.0/0", "::/0"] as const).map((cidr) => ({
    ipBlock: { cidr, except: exceptOf(excepted.filter((range) => familyOf(range) === familyOf(cidr))) },
  }));
  return { to };
}

/** In one order and each once, as a list that is compared has to be. */
function exceptOf(ranges: readonly string[]): string[] {
  return [...new Set(ranges)].toSorted();
}
