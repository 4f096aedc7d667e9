import { confined, podSecurity, spreadEvenly, type Wire } from "@berth/cluster";
import { createHash } from "node:crypto";
import type { V1Container, V1EnvVar, V1PodSpec, V1PodTemplateSpec, V1Probe } from "@kubernetes/client-node";
import { type Component, componentSelector, installLabels, installName } from "../names.ts";
import { berthPort, type InstallPlan } from "../plan.ts";

export const portName = "http";
export const homeFolder = "/var/lib/berth";
/** Whom the image runs as. */
const user = 1_000;

export function variable(name: string, value: string): V1EnvVar {
  return { name, value };
}

export function routerTokenVariable(): V1EnvVar {
  return {
    name: "BERTH_ROUTER_TOKEN",
    valueFrom: { secretKeyRef: { name: installName.routerToken, key: "token" } },
  };
}

/** What every pod of Berth is: confined, with a writable home and /tmp. A change of a Secret that it reads starts it anew. */
export function makePodTemplate(
  component: Component,
  plan: InstallPlan,
  container: Omit<V1Container, "name" | "image" | "volumeMounts">,
  more: Partial<Wire<V1PodSpec>> = {},
): Wire<V1PodTemplateSpec> {
  const login = component === "server" && plan.registryConfig !== null;
  return {
    metadata: {
      labels: { ...installLabels(plan.namespace), "app.kubernetes.io/component": component },
      annotations: { "dev.berth/secrets": hashOf(component, plan) },
    },
    spec: {
      serviceAccountName: component,
      automountServiceAccountToken: component === "server",
      enableServiceLinks: false,
      securityContext: podSecurity(user, user, { ownsVolumes: true }),
      topologySpreadConstraints: spreadEvenly(componentSelector(component)),
      ...more,
      containers: [
        {
          name: "berth",
          image: plan.image,
          imagePullPolicy: "IfNotPresent",
          ...container,
          ports: [{ name: portName, containerPort: berthPort, protocol: "TCP" }],
          securityContext: confined,
          terminationMessagePolicy: "FallbackToLogsOnError",
          volumeMounts: [
            { name: installName.home, mountPath: homeFolder },
            { name: "tmp", mountPath: "/tmp" },
            ...(login ? [{ name: installName.registryLogin, mountPath: dockerFolder, readOnly: true }] : []),
          ],
        },
      ],
      volumes: [
        { name: "tmp", emptyDir: {} },
        ...(component === "router" ? [{ name: installName.home, emptyDir: {} }] : []),
        ...(login
          ? [
              {
                name: installName.registryLogin,
                secret: {
                  secretName: installName.registryLogin,
                  items: [{ key: ".dockerconfigjson", path: "config.json" }],
                },
              },
            ]
          : []),
      ],
    },
  };
}

/** Where the server finds logins to registries, as `docker login` writes them. */
export const dockerFolder = "/etc/berth/docker";

/** An HTTP probe; the host says that Berth itself is meant. */
export function httpProbe(path: string): Pick<V1Probe, "httpGet"> {
  return {
    httpGet: { path, port: portName, scheme: "HTTP", httpHeaders: [{ name: "Host", value: "127.0.0.1" }] },
  };
}

export function tcpProbe(): Pick<V1Probe, "tcpSocket"> {
  return { tcpSocket: { port: portName } };
}

function hashOf(component: Component, { routerToken, settings, registryConfig }: InstallPlan): string {
  const read =
    component === "server" ? [routerToken, Object.entries(settings).toSorted(), registryConfig] : routerToken;
  return createHash("sha256").update(JSON.stringify(read)).digest("hex").slice(0, 16);
}
