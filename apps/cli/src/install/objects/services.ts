import type { Made } from "@berth/cluster";
import type { V1Service } from "@kubernetes/client-node";
import { componentSelector, installName } from "../names.ts";
import { berthPort, type InstallPlan } from "../plan.ts";
import { metadata } from "./metadata.ts";
import { portName } from "./pod.ts";

/** The server, for routers and builds. */
export function makeServerService(plan: InstallPlan): Made<V1Service> {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(installName.server, plan, "server"),
    spec: {
      type: "ClusterIP",
      selector: componentSelector("server"),
      ports: [{ name: portName, port: berthPort, targetPort: portName, protocol: "TCP" }],
    },
  };
}

/** The routers, for the world: they pass on what is for the server. Where there is no Ingress each node has a port for them, by which it pulls, too. */
export function makeRouterService(plan: InstallPlan): Made<V1Service> {
  const { access } = plan;
  const port = { name: portName, port: 80, targetPort: portName, protocol: "TCP" };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(installName.router, plan, "router"),
    spec: {
      type: access.kind === "node-port" ? "NodePort" : "ClusterIP",
      selector: componentSelector("router"),
      ports: [access.kind === "node-port" ? { ...port, nodePort: access.port } : port],
    },
  };
}
