import { conditionOf, pendingOf, podFailure, timeOf } from "@berth/cluster";
import type { Pending, Pod } from "@berth/cluster";
import type { HealthCheck } from "@berth/core";
import { containerName } from "../names.ts";
import type { KnownExit, KnownInstance, KnownState } from "../../instances/known-instance.ts";
import { makePodExit } from "./exit.ts";
import { statusOf } from "./pod.ts";

/** An instance in a pod. */
export interface PodInstance extends KnownInstance {
  namespace: string;
  /** Of the pod: another one of the same name is another instance. */
  uid: string;
  node: string | null;
  /** At which the pod is reached; null where it has no address yet. */
  address: string | null;
  /** Why its program has not been started yet; null where it was. */
  pending: Pending | null;
  /** What this run of its container is told from others by. */
  run: string;
}

/** What the driver knows of a pod besides the cluster. */
export interface KnownOfPod {
  /** By `run`: when it answered its probe, and at which address. */
  ready: { at: number; host: string | null } | null;
  /** What the container that ended last has written last. */
  lastLines: readonly string[];
  /** What its kubelet calls ready is ready. */
  trustsKubelet: boolean;
}

/** Of a workload, what its instances tell of it. */
export interface InstanceOwner {
  id: string;
  app: string;
  environment: string;
  service: string;
  health: HealthCheck | null;
  resources: { memoryBytes: number };
  stopGraceMs: number;
}

/** A pod of a workload as an instance. `port` is the one that it listens on. */
export function makePodInstance(
  pod: Pod,
  workload: InstanceOwner,
  place: { image: string; port: number },
  known: KnownOfPod,
): PodInstance {
  const { metadata, spec, status } = pod;
  const container = statusOf(pod);
  const isRunning = container?.state?.running !== undefined;
  const run = container?.state?.running ?? container?.state?.terminated ?? container?.lastState?.terminated;
  const startedAt = timeOf(run?.startedAt) || timeOf(metadata.creationTimestamp);
  const ready = isRunning ? (known.ready ?? (known.trustsKubelet ? readyOf(pod, workload.health) : null)) : null;
  return {
    id: metadata.name,
    workload: workload.id,
    app: workload.app,
    environment: workload.environment,
    service: workload.service,
    state: stateOf(pod),
    startedAt,
    readyAt: ready?.at ?? null,
    host: workload.health === null ? null : (ready?.host ?? null),
    port: place.port,
    restarts: container?.restartCount ?? 0,
    failures: 0,
    memoryLimitBytes: workload.resources.memoryBytes,
    memoryBytes: null,
    stopGraceMs: workload.stopGraceMs,
    lastExit: lastExitOf(pod, known.lastLines),
    namespace: metadata.namespace ?? "",
    uid: metadata.uid ?? "",
    node: spec?.nodeName ?? null,
    address: status?.podIP ?? null,
    pending: pendingOf(pod, containerName, place.image),
    run: runOf(pod),
  };
}

/** Names one run of a pod's container: a pod whose container is started again has another. */
export function runOf(pod: Pod): string {
  return `${pod.metadata.uid ?? pod.metadata.name}/${statusOf(pod)?.restartCount ?? 0}`;
}

function stateOf(pod: Pod): KnownState {
  if (pod.metadata.deletionTimestamp !== undefined) return "stopping";
  const container = statusOf(pod);
  const hasEnded = container?.state?.terminated !== undefined || pod.status?.phase === "Failed";
  const waitsAgain = container?.state?.waiting !== undefined && container.lastState?.terminated !== undefined;
  return hasEnded || waitsAgain ? "exited" : "running";
}

/** Whether its kubelet calls a pod ready. */
export function isReadyToKubelet(pod: Pod): boolean {
  return conditionOf(pod, "Ready")?.status === "True";
}

/**
 * That a kubelet calls it ready is as good as an answer to a probe of ours: so a server that has just started serves it at once.
 * It is not where the kubelet does not ask as we do: a worker has to live for a while, and at `/` it is only looked whether something listens.
 */
function readyOf(pod: Pod, health: HealthCheck | null): KnownOfPod["ready"] {
  if (health === null || health.path === "/") return null;
  const condition = conditionOf(pod, "Ready");
  if (condition?.status !== "True") return null;
  return { at: timeOf(condition.lastTransitionTime), host: pod.status?.podIP ?? null };
}

function lastExitOf(pod: Pod, lastLines: readonly string[]): KnownExit | null {
  const container = statusOf(pod);
  const terminated = container?.state?.terminated ?? container?.lastState?.terminated;
  const { phase, reason, message } = pod.status ?? {};
  if (phase === "Failed" && reason !== undefined) {
    const at = timeOf(terminated?.finishedAt) || timeOf(pod.metadata.creationTimestamp);
    return { at, code: null, signal: null, outOfMemory: false, failure: podFailure(reason, message ?? "") };
  }
  return terminated === undefined ? null : makePodExit(terminated, lastLines);
}
