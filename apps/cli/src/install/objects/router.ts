import type { Made } from "@berth/cluster";
import type { V1Deployment, V1PodDisruptionBudget } from "@kubernetes/client-node";
import { componentSelector, installName } from "../names.ts";
import { berthPort, type InstallPlan } from "../plan.ts";
import { metadata } from "./metadata.ts";
import { homeFolder, makePodTemplate, routerTokenVariable, tcpProbe, variable } from "./pod.ts";

/** Until everybody has heard that it takes no more requests. */
const drainSeconds = 10;
/** So long a router lets its requests end, and a little. */
const graceSeconds = drainSeconds + 30;

/** Routers, fed by the server: they serve apps while it is replaced. */
export function makeRouters(plan: InstallPlan): Made<V1Deployment> {
  const values = {
    HOME: "/tmp",
    NODE_COMPILE_CACHE: `${homeFolder}/compile-cache`,
    BERTH_ROLE: "router",
    BERTH_HOME: homeFolder,
    BERTH_LISTEN: "0.0.0.0",
    BERTH_PORT: String(berthPort),
    BERTH_DOMAIN: plan.domain,
    BERTH_SERVER: `http://${installName.server}.${plan.namespace}.svc:${berthPort}`,
    // Services of an environment reach each other through routers.
    BERTH_NEIGHBOURS: "0.0.0.0",
    ...edgeSettings(plan),
  };
  const container = {
    env: [...Object.entries(values).map(([name, value]) => variable(name, value)), routerTokenVariable()],
    resources: { requests: { cpu: "25m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    startupProbe: { ...tcpProbe(), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 120 },
    // It is ready as soon as it has a table, which it keeps while the server is away.
    readinessProbe: {
      httpGet: { path: "/healthz", port: "http", scheme: "HTTP" },
      periodSeconds: 1,
      timeoutSeconds: 3,
      failureThreshold: 3,
    },
    livenessProbe: { ...tcpProbe(), periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
    lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(installName.router, plan, "router"),
    spec: {
      replicas: plan.routers,
      selector: { matchLabels: componentSelector("router") },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      revisionHistoryLimit: 3,
      template: makePodTemplate("router", plan, container, { terminationGracePeriodSeconds: graceSeconds }),
    },
  };
}

/** Routers take requests in as the server does. */
const ofEdges = new Set([
  "BERTH_TRUSTED_PROXIES",
  "BERTH_PROXY_PROTOCOL",
  "BERTH_LIMITS",
  "BERTH_BODY_LIMITS",
  "BERTH_ACCESS_LOG",
]);

function edgeSettings({ settings }: InstallPlan): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => ofEdges.has(name)));
}

/** One router at a time may go for a node that is drained. */
export function makeRouterBudget(plan: InstallPlan): Made<V1PodDisruptionBudget> {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata(installName.router, plan, "router"),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: componentSelector("router") },
    },
  };
}
