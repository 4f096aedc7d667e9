import type { KubeObject } from "../object.ts";

/** Of a pod, what tells how it fares. Times are RFC 3339. */
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
  initContainerStatuses?: readonly ContainerStatus[];
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

/** What the kubelet says of a container, or of one that runs before the others; null before it says anything. */
export function containerStatusOf({ status }: Pod, container: string): ContainerStatus | null {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find(({ name }) => name === container) ?? null;
}

export function conditionOf(pod: Pod, type: string): PodCondition | null {
  return pod.status?.conditions?.find((condition) => condition.type === type) ?? null;
}

/** ms since the epoch; 0 for a time that is missing. */
export function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text) || 0;
}
