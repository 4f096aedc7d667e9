import { familyOf } from "@berth/cluster";
import type { Family, Made } from "@berth/cluster";
import type { V1EndpointSlice } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { neighbourName, portName, routersName } from "../names.ts";
import { serviceMetadata } from "./metadata.ts";

const families = ["IPv4", "IPv6"] as const;

interface Slices {
  service: string;
  scope: Scope;
  place: ClusterPlace;
}

/**
 * The routers as what answers for a service, at the port that is this environment's and this service's alone. One slice
 * for each family of addresses, and an empty one while there is no router: what was there before must not stay.
 */
export function makeEndpointSlices(routerPort: number, slices: Slices): Made<V1EndpointSlice>[] {
  const { addresses } = slices.place.routers;
  return usedFamilies(addresses).map((family) => ({
    ...makeEmptySlice(family, slices),
    endpoints: addresses
      .filter((address) => familyOf(address) === family)
      .toSorted()
      .map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: portName, port: routerPort, protocol: "TCP", appProtocol: "http" }],
  }));
}

/** The same without any router, for a Service that asks instances themselves: what Berth has left there would still be asked. */
export function makeEmptySlices(slices: Slices): Made<V1EndpointSlice>[] {
  return usedFamilies(slices.place.routers.addresses).map((family) => makeEmptySlice(family, slices));
}

function usedFamilies(addresses: readonly string[]): readonly Family[] {
  const used = families.filter((family) => addresses.some((address) => familyOf(address) === family));
  return used.length === 0 ? ["IPv4"] : used;
}

function makeEmptySlice(addressType: Family, { service, scope, place }: Slices): Made<V1EndpointSlice> {
  const metadata = serviceMetadata(routersName(service, addressType), scope, service, place);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
        "kubernetes.io/service-name": neighbourName(service),
        // Of the cluster's own controllers none touches a slice that says so.
        "endpointslice.kubernetes.io/managed-by": "berth",
      },
    },
    addressType,
    endpoints: [],
  };
}
