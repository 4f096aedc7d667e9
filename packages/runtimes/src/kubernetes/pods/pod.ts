import type { KubeObject } from "@berth/cluster";

/** Of a pod, what the driver reads. Times are RFC 3339. */
export interface Pod extends KubeObject {
  spec?: { nodeName?: string };
  status?: PodStatus;
}

export interface PodStatus {
  phase?: string;
  /** Such as `Evicted` or `NodeLost`, with a message for people. */
  reason?: string;
  message?: string;
  podIP?: string;
  /** One of each family, `podIP` among them. */
  podIPs?: readonly { ip: string }[];
  conditions?: readonly PodCondition[];
  containerStatuses?: readonly ContainerStatus[];
}

export interface PodCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface ContainerStatus {
  name: string;
  restartCount: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: TerminatedState;
}

export interface TerminatedState {
  exitCode: number;
  signal?: number;
  /** Tells the runs of a pod's container apart. */
  containerID?: string;
  reason?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

/** The one container of a pod of ours. */
export const containerName = "app";

export function statusOf(pod: Pod): ContainerStatus | null {
  return pod.status?.containerStatuses?.find(({ name }) => name === containerName) ?? null;
}

export function conditionOf(pod: Pod, type: string): PodCondition | null {
  return pod.status?.conditions?.find((condition) => condition.type === type) ?? null;
}

/** ms since the epoch; 0 for a time that is missing. */
export function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text) || 0;
}
