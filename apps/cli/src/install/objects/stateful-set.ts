import type { Made } from "@berth/cluster";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { componentSelector, installLabels, installName, selectorText } from "../names.ts";
import { berthPort, buildPort, defaultBuilder, type InstallPlan, nodesRegistryOf } from "../plan.ts";
import { metadata } from "./metadata.ts";
import { dockerFolder, homeFolder, httpProbe, makePodTemplate, routerTokenVariable, variable } from "./pod.ts";

/** To end what is under way: requests, and then what requests still need. */
const graceSeconds = 45;
/** A new version may have to change the database first. */
const startSeconds = 300;

/** API and deployer, as one pod: SQLite, on its volume, belongs to one process. */
export function makeServer(plan: InstallPlan): Made<V1StatefulSet> {
  const { storage, registryConfig } = plan;
  const container = {
    envFrom: [{ secretRef: { name: installName.settings } }],
    env: [
      ...makeServerEnv(plan),
      ...(registryConfig === null ? [] : [variable("DOCKER_CONFIG", dockerFolder)]),
      routerTokenVariable(),
    ],
    resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "2Gi" } },
    startupProbe: { ...httpProbe("/"), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: startSeconds },
    readinessProbe: { ...httpProbe("/"), periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 3 },
    livenessProbe: { ...httpProbe("/"), periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
    // Requests that are on their way come before it is told to end.
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(installName.server, plan, "server"),
    spec: {
      serviceName: installName.server,
      replicas: 1,
      selector: { matchLabels: componentSelector("server") },
      updateStrategy: { type: "RollingUpdate" },
      revisionHistoryLimit: 3,
      template: makePodTemplate("server", plan, container, { terminationGracePeriodSeconds: graceSeconds }),
      volumeClaimTemplates: [
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: installName.home, labels: installLabels(plan.namespace) },
          spec: {
            accessModes: ["ReadWriteOnce"],
            ...(storage.className !== null && { storageClassName: storage.className }),
            resources: { requests: { storage: storage.size } },
          },
        },
      ],
    },
  };
}

function makeServerEnv(plan: InstallPlan) {
  const { namespace, image, domain, url, namespacePrefix, registry, settings } = plan;
  const values: Record<string, string> = {
    HOME: "/tmp",
    NODE_COMPILE_CACHE: `${homeFolder}/compile-cache`,
    BERTH_HOME: homeFolder,
    BERTH_LISTEN: "0.0.0.0",
    BERTH_PORT: String(berthPort),
    BERTH_BUILD_PORT: String(buildPort),
    BERTH_RUNTIME: "kubernetes",
    BERTH_DOMAIN: domain,
    BERTH_URL: url,
    BERTH_NAMESPACE_PREFIX: namespacePrefix,
    BERTH_IMAGE: image,
    BERTH_ROUTER_PODS: `${namespace}/${selectorText(componentSelector("router"))}`,
    ...(registry === null ? { BERTH_NODES_REGISTRY: nodesRegistryOf(plan) } : { BERTH_REGISTRY: registry }),
    // What a person has set comes from the Secret, and would lose against a variable of the same name.
    ...(settings["BERTH_BUILDER"] === undefined && { BERTH_BUILDER: defaultBuilder }),
  };
  return Object.entries(values).map(([name, value]) => variable(name, value));
}
