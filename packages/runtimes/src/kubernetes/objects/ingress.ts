import type { Made } from "@berth/cluster";
import type { V1Ingress } from "@kubernetes/client-node";
import type { ClusterPlace, PortableModel } from "../model.ts";
import { fixedName, neighbourName, portName } from "../names.ts";
import { scopeMetadata } from "./metadata.ts";

/** The routes of an environment at its host, for whatever serves Ingresses; null where no service has any. */
export function makeIngress(model: PortableModel, place: ClusterPlace): Made<V1Ingress> | null {
  const paths = model.services.flatMap(({ workload, routes }) =>
    routes.map((path) => ({
      path,
      pathType: "Prefix",
      backend: { service: { name: neighbourName(workload.service), port: { name: portName } } },
    })),
  );
  if (paths.length === 0) return null;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: scopeMetadata(fixedName.ingress, model.scope, place),
    spec: {
      ...(model.ingressClass !== null && { ingressClassName: model.ingressClass }),
      rules: [{ host: model.host, http: { paths: paths.toSorted(longestFirst) } }],
    },
  };
}

function longestFirst(a: { path: string }, b: { path: string }): number {
  return b.path.length - a.path.length || (a.path < b.path ? -1 : 1);
}
