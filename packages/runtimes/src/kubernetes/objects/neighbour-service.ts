import type { Made } from "@berth/cluster";
import type { V1Service } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { neighbourName, portName, servicePort } from "../names.ts";
import { serviceMetadata } from "./metadata.ts";

/** The stable name of a service for its neighbours. Without a selector: its EndpointSlices name the routers, so that calls wake and count. */
export function makeNeighbourService(
  service: string,
  routerPort: number,
  scope: Scope,
  place: ClusterPlace,
): Made<V1Service> {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: serviceMetadata(neighbourName(service), scope, service, place),
    spec: {
      type: "ClusterIP",
      ipFamilyPolicy: "PreferDualStack",
      ports: [{ name: portName, port: servicePort, targetPort: routerPort, protocol: "TCP", appProtocol: "http" }],
    },
  };
}
