import { egressToDns, egressToWorld, podsPeer, rangeOf } from "@berth/cluster";
import type { Made } from "@berth/cluster";
import type { Scope } from "@berth/core";
import type { V1NetworkPolicy, V1NetworkPolicyPeer } from "@kubernetes/client-node";
import { workloadSelector } from "../labels.ts";
import type { ClusterPlace, EnvironmentModel, RouterPlace, WorkloadModel } from "../model.ts";
import { allowRoutesName, fixedName } from "../names.ts";
import { scopeMetadata, serviceMetadata } from "./metadata.ts";

type Policy = Made<V1NetworkPolicy>;

const sameNamespace: V1NetworkPolicyPeer = { podSelector: {} };

/** Nothing comes in or goes out but what the others allow: routers and neighbours, DNS, and the world outside of the cluster. */
export function makeNetworkPolicies({ scope, neighbourPorts }: EnvironmentModel, place: ClusterPlace): Policy[] {
  const { routers } = place;
  return [
    makeDenyAll(scope, place),
    makePolicy(fixedName.allowIn, scope, place, {
      ingress: [{ from: [...routerPeers(routers), ...serverPeers(routers), sameNamespace] }],
    }),
    makePolicy(fixedName.allowOut, scope, place, {
      egress: [
        ...egressToAll(place),
        // By its other ports a router would let an instance in to other environments.
        ...egressTo(routerPeers(routers), [...Object.values(neighbourPorts), ...routers.publicPorts]),
        ...egressTo(serverPeers(routers), routers.publicPorts),
      ],
    }),
  ];
}

/** The same without a router: neighbours reach each other, and DNS and the world are there. */
export function makeRouterlessPolicies(scope: Scope, place: ClusterPlace): Policy[] {
  return [
    makeDenyAll(scope, place),
    makePolicy(fixedName.allowIn, scope, place, { ingress: [{ from: [sameNamespace] }] }),
    makePolicy(fixedName.allowOut, scope, place, { egress: egressToAll(place) }),
  ];
}

/** Lets everybody in to what has routes: which pods, or machines, serve Ingresses is the cluster's affair. */
export function makeRoutesPolicy({ workload }: WorkloadModel, port: number, place: ClusterPlace): Policy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: serviceMetadata(allowRoutesName(workload.service), workload, workload.service, place),
    spec: {
      podSelector: { matchLabels: workloadSelector(workload) },
      policyTypes: ["Ingress"],
      ingress: [{ ports: [{ protocol: "TCP", port }] }],
    },
  };
}

function makeDenyAll(scope: Scope, place: ClusterPlace): Policy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: scopeMetadata(fixedName.denyAll, scope, place),
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

function makePolicy(
  name: string,
  scope: Scope,
  place: ClusterPlace,
  rules: Pick<NonNullable<Policy["spec"]>, "ingress" | "egress">,
): Policy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: scopeMetadata(name, scope, place),
    spec: { podSelector: {}, policyTypes: [rules.ingress === undefined ? "Egress" : "Ingress"], ...rules },
  };
}

function egressToAll({ dnsAddresses, clusterRanges, routers }: ClusterPlace) {
  const excepted = [...clusterRanges, ...outsideAddresses(routers)];
  return [egressToDns(dnsAddresses), { to: [sameNamespace] }, egressToWorld(excepted)];
}

function egressTo(to: V1NetworkPolicyPeer[], ports: readonly number[]) {
  if (ports.length === 0 || to.length === 0) return [];
  const numbers = [...new Set(ports)].toSorted((a, b) => a - b);
  return [{ to, ports: numbers.map((port) => ({ protocol: "TCP", port })) }];
}

function routerPeers(routers: RouterPlace): V1NetworkPolicyPeer[] {
  return routers.kind === "outside" ? routers.addresses.toSorted().map(blockOf) : [podsPeer(routers)];
}

/** The server, where it is not the router itself. */
function serverPeers(routers: RouterPlace): V1NetworkPolicyPeer[] {
  if (routers.kind === "outside") return [];
  const { server } = routers;
  return server.kind === "outside" ? server.addresses.toSorted().map(blockOf) : [podsPeer(server)];
}

function outsideAddresses(routers: RouterPlace): readonly string[] {
  if (routers.kind === "outside") return routers.addresses;
  return routers.server.kind === "outside" ? routers.server.addresses : [];
}

function blockOf(address: string): V1NetworkPolicyPeer {
  return { ipBlock: { cidr: rangeOf(address) } };
}
