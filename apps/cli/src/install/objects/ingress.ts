import type { V1Ingress } from "@kubernetes/client-node";
import type { KubeObject, Made } from "@berth/cluster";
import { installName } from "../names.ts";
import type { Access, InstallPlan } from "../plan.ts";
import { metadata } from "./metadata.ts";
import { portName } from "./pod.ts";

/** Pushes and images are large and take their time. The most common controller has to be told. */
const annotations = {
  "nginx.ingress.kubernetes.io/proxy-body-size": "0",
  "nginx.ingress.kubernetes.io/proxy-request-buffering": "off",
  "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
  "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
};

/** Leads the domain and all that is below it to the routers, with TLS. */
export function makeIngress(plan: InstallPlan, access: Extract<Access, { kind: "ingress" }>): Made<V1Ingress> {
  const hosts = [access.host, `*.${access.host}`];
  const backend = { service: { name: installName.router, port: { name: portName } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { ...metadata(installName.ingress, plan), annotations },
    spec: {
      ...(access.className !== null && { ingressClassName: access.className }),
      tls: [{ hosts, secretName: access.tlsSecret }],
      rules: hosts.map((host) => ({ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } })),
    },
  };
}

/** The same for a Gateway, which has the certificate. Source: Gateway API, HTTPRoute v1. */
export function makeHttpRoute(plan: InstallPlan, access: Extract<Access, { kind: "gateway" }>): KubeObject {
  const route = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: metadata(installName.ingress, plan),
    spec: {
      parentRefs: [{ name: access.gateway.name, namespace: access.gateway.namespace }],
      hostnames: [access.host, `*.${access.host}`],
      rules: [{ backendRefs: [{ name: installName.router, port: 80 }] }],
    },
  };
  return route;
}
