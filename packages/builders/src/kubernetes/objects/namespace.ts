import {
  bytesQuantity,
  cpuQuantity,
  egressToDns,
  egressToWorld,
  podsPeer,
  rangeOf,
  registryLoginContent,
  restrictedLabels,
} from "@berth/cluster";
import type { KubeObject, Made, RegistryLogin } from "@berth/cluster";
import type { V1LimitRange, V1Namespace, V1NetworkPolicy, V1ResourceQuota, V1Secret } from "@kubernetes/client-node";
import { ownLimits } from "../deps.ts";
import type { BuildPlace } from "../deps.ts";
import { fixedName } from "../names.ts";
import { buildLabels } from "./metadata.ts";

/** The namespace of builds with all that is in it before the first of them. */
export function makeNamespaceObjects(place: BuildPlace): KubeObject[] {
  const objects = [makeNamespace(place), makeQuota(place), makeLimits(place), makeIsolation(place)];
  return place.pull === null ? objects : [...objects, makePullSecret(place, place.pull)];
}

function makeNamespace(place: BuildPlace): Made<V1Namespace> {
  const labels = { ...buildLabels(place), ...restrictedLabels };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: place.namespace, labels } };
}

function makeQuota(place: BuildPlace): Made<V1ResourceQuota> {
  const { pods, cpuMillis, memoryBytes } = place.quota;
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: metadataOf(fixedName.quota, place),
    spec: {
      hard: {
        pods: String(pods),
        "requests.cpu": cpuQuantity(cpuMillis),
        "limits.memory": bytesQuantity(memoryBytes),
        services: "0",
      },
    },
  };
}

/** For containers that say nothing themselves: the quota refuses those without. */
function makeLimits(place: BuildPlace): Made<V1LimitRange> {
  const memory = bytesQuantity(ownLimits.memoryBytes);
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: metadataOf(fixedName.limits, place),
    spec: {
      limits: [
        { type: "Container", default: { memory }, defaultRequest: { cpu: cpuQuantity(ownLimits.cpuMillis), memory } },
      ],
    },
  };
}

/** Nothing comes in. Out go questions to DNS, to the server, and to the world, without the cluster and what clouds tell a machine. */
function makeIsolation(place: BuildPlace): Made<V1NetworkPolicy> {
  const { hostname, port } = new URL(place.channelUrl);
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const toServer = {
    to: [place.server === null ? { ipBlock: { cidr: rangeOf(address) } } : podsPeer(place.server)],
    ports: [{ protocol: "TCP", port: Number(port || 80) }],
  };
  const toWorld = egressToWorld([...place.clusterRanges, address]);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadataOf(fixedName.isolation, place),
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      egress: [egressToDns(place.dnsAddresses), toServer, toWorld],
    },
  };
}

function makePullSecret(place: BuildPlace, pull: RegistryLogin): Made<V1Secret> {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: metadataOf(fixedName.pullLogin, place),
    ...registryLoginContent(pull),
  };
}

function metadataOf(name: string, place: BuildPlace) {
  return { name, namespace: place.namespace, labels: buildLabels(place) };
}
