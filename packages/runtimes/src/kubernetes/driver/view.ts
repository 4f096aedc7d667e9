import { timeOf } from "@berth/cluster";
import type { KubeObject } from "@berth/cluster";
import type { HealthCheck, Refusal, Scope } from "@berth/core";
import { label } from "../labels.ts";
import { containerName, portName } from "../names.ts";
import { deploymentFailure } from "../pods/deployment-failure.ts";

/** Of a Deployment, what the driver reads. */
export interface Deployment extends KubeObject {
  spec?: {
    replicas?: number;
    template?: { spec?: { terminationGracePeriodSeconds?: number; containers?: readonly Container[] } };
  };
  status?: { conditions?: readonly Condition[] };
}

/** Of a Job, the same; what it tells of its end is for the case that its pod is gone. */
export type Job = Deployment;

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

interface Container {
  name: string;
  image?: string;
  ports?: readonly { name?: string; containerPort: number }[];
  resources?: { limits?: Record<string, string> };
  readinessProbe?: { httpGet?: { path?: string } };
  startupProbe?: { failureThreshold?: number; periodSeconds?: number };
}

/** A workload as the cluster alone tells of it: enough to serve it before anybody has said what it is. */
export interface WorkloadView extends Scope {
  id: string;
  service: string;
  replicas: number;
  image: string;
  /** Null for a worker. */
  port: number | null;
  health: HealthCheck | null;
  memoryBytes: number;
  stopGraceMs: number;
  refusal: Refusal | null;
}

/** Reads a workload from its Deployment, or a task from its Job; null where its labels are not ours. */
export function viewOf(deployment: Deployment): WorkloadView | null {
  const named = nameOf(deployment);
  if (named === null) return null;
  const pod = deployment.spec?.template?.spec;
  const container = pod?.containers?.find(({ name }) => name === containerName);
  const port = container?.ports?.find(({ name }) => name === portName)?.containerPort ?? null;
  const { failureThreshold = 30, periodSeconds = 1 } = container?.startupProbe ?? {};
  const path = container?.readinessProbe?.httpGet?.path ?? "/";
  return {
    ...named,
    replicas: deployment.spec?.replicas ?? 0,
    image: container?.image ?? "",
    port,
    health: port === null ? null : { path, timeoutMs: failureThreshold * periodSeconds * 1_000 },
    memoryBytes: bytesOf(container?.resources?.limits?.["memory"] ?? "0"),
    stopGraceMs: (pod?.terminationGracePeriodSeconds ?? 0) * 1_000,
    refusal: refusalOf(deployment),
  };
}

/** The operation whose task an object belongs to; null for what belongs to none. */
export function runOfObject({ metadata }: KubeObject): string | null {
  return metadata.labels?.[label.run] ?? null;
}

/** Which workload an object belongs to, as its labels say; null for one that belongs to none. */
export function nameOf({ metadata }: KubeObject): (Scope & { id: string; service: string }) | null {
  const { labels = {} } = metadata;
  const [id, app, environment, service] = [label.workload, label.app, label.environment, label.service].map(
    (name) => labels[name],
  );
  if (id === undefined || app === undefined || environment === undefined || service === undefined) return null;
  return { id, app, environment, service };
}

function refusalOf(deployment: Deployment): Refusal | null {
  const reason = deploymentFailure(deployment);
  if (reason === null) return null;
  const condition = deployment.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  return { reason, at: timeOf(condition?.lastTransitionTime) };
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity of bytes, as the API server writes it; 0 for what is none. */
function bytesOf(quantity: string): number {
  const [, number = "0", unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Math.round(Number(number) * (units[unit] ?? 0));
}
