import type { V1EndpointSlice } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import { familyOf, type Family } from "../address.ts";
import type { Made } from "../made.ts";
import type { ClusterPlace } from "../model.ts";
import { neighbourName, portName, routersName } from "../names.ts";
import { serviceMetadata } from "./metadata.ts";

const families = ["IPv4", "IPv6"] as const;

/**
 * The routers as what answers for a service, at the port that is this environment's and this service's alone. One slice
 * for each family of addresses, and an empty one while there is no router: what was there before must not stay.
 */
export function makeEndpointSlices(
  service: string,
  routerPort: number,
  scope: Scope,
  place: ClusterPlace,
): Made<V1EndpointSlice>[] {
  const { addresses } = place.routers;
  const used = families.filter((family) => addresses.some((address) => familyOf(address) === family));
  return (used.length === 0 ? (["IPv4"] as const) : used).map((family) =>
    makeEndpointSlice(
      service,
      family,
      addresses.filter((address) => familyOf(address) === family),
      routerPort,
      scope,
      place,
    ),
  );
}

function makeEndpointSlice(
  service: string,
  addressType: Family,
  addresses: readonly string[],
  port: number,
  scope: Scope,
  place: ClusterPlace,
): Made<V1EndpointSlice> {
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
    endpoints: addresses.toSorted().map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: portName, port, protocol: "TCP", appProtocol: "http" }],
  };
}
