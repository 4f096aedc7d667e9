import { confined, podSecurity, spreadEvenly } from "@berth/cluster";
import type { Wire } from "@berth/cluster";
import type { V1Container, V1PodTemplateSpec } from "@kubernetes/client-node";
import { workloadLabels, workloadSelector } from "../labels.ts";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { containerName, fixedName, portName, workloadName } from "../names.ts";
import { makeCommand } from "./command.ts";
import { makeProbes } from "./probes.ts";
import { makeResources } from "./resources.ts";
import { makeVolumes, type FillContainer, type Volumes } from "./volumes.ts";

/**
 * How long an instance goes on taking requests after it was told to end. Berth's router hears of it by its own watch, when the kubelet
 * does: a second is for requests that are on their way. Services and Ingresses hear of it from one controller after the other.
 */
export const drainSeconds = { byRouter: 1, byServices: 5 } as const;

export type DrainedBy = keyof typeof drainSeconds;
/** A node that is lost: how long its instances are waited for before others start. The cluster's default is five minutes. */
const lostNodeSeconds = 60;

/**
 * The pods of a workload. Nothing is in here that may change while the workload is the same: neither its release nor how
 * many there are nor who may fetch its image.
 */
export function makePodTemplate(
  model: WorkloadModel,
  place: ClusterPlace,
  drainedBy: DrainedBy,
): Wire<V1PodTemplateSpec> {
  const { workload } = model;
  const seconds = model.port === null ? 0 : drainSeconds[drainedBy];
  const volumes = makeVolumes(model.writable);
  return {
    metadata: { labels: workloadLabels(place.installation, workload) },
    spec: {
      serviceAccountName: fixedName.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // The first process of a namespace ignores a SIGTERM that it has no handler for; with this the first is the pod's pause, and not the program.
      shareProcessNamespace: true,
      securityContext: podSecurity(model.user, model.group, { ownsVolumes: model.writable.length > 0 }),
      nodeSelector: { "kubernetes.io/os": model.os, "kubernetes.io/arch": model.architecture },
      terminationGracePeriodSeconds: graceSeconds(model) + seconds,
      topologySpreadConstraints: spreadEvenly(workloadSelector(workload)),
      tolerations: ["not-ready", "unreachable"].map((state) => ({
        key: `node.kubernetes.io/${state}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: lostNodeSeconds,
      })),
      ...(volumes.fill !== null && { initContainers: [makeFillContainer(model, volumes.fill)] }),
      containers: [makeContainer(model, volumes, seconds)],
      volumes: volumes.volumes,
    },
  };
}

function graceSeconds({ workload }: WorkloadModel): number {
  return Math.max(1, Math.ceil(workload.stopGraceMs / 1_000));
}

function makeContainer(model: WorkloadModel, { mounts }: Volumes, drainSeconds: number): V1Container {
  const { workload, port, imageEnv } = model;
  const env = makeEnv(model);
  const set = new Set([...Object.keys(workload.env), ...env.map(({ name }) => name)]);
  return {
    name: containerName,
    ...makeContainerBase(model),
    ...makeCommand(workload.command, set, imageEnv),
    workingDir: model.workingFolder,
    envFrom: [{ secretRef: { name: workloadName(workload) } }],
    ...(env.length > 0 && { env }),
    ...(port !== null && {
      ports: [{ name: portName, containerPort: port, protocol: "TCP" }],
      lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    }),
    ...(port !== null && workload.health !== null && makeProbes(workload.health)),
    volumeMounts: mounts,
  };
}

/** It copies out of the image of the instance, so it is like the instance in all but what it does. */
function makeFillContainer(model: WorkloadModel, { name, ...fill }: FillContainer): V1Container {
  return { name, ...makeContainerBase(model), ...fill };
}

function makeContainerBase({ image, workload }: WorkloadModel): Omit<V1Container, "name"> {
  return {
    image,
    imagePullPolicy: "IfNotPresent",
    resources: makeResources(workload.resources),
    securityContext: confined,
    // The last lines of what ended by an error say why, without its log.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

/** Besides the variables of the workload: these win, and say nothing that is secret. */
function makeEnv({ workload, imageEnv, port }: WorkloadModel): { name: string; value: string }[] {
  const setsHome = "HOME" in workload.env || "HOME" in imageEnv;
  return [
    ...(setsHome ? [] : [{ name: "HOME", value: "/tmp" }]),
    ...(port === null ? [] : [{ name: "PORT", value: String(port) }]),
  ];
}
