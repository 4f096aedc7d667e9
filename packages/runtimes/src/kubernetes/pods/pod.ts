import { containerStatusOf } from "@berth/cluster";
import type { ContainerStatus, Pod } from "@berth/cluster";
import { containerName } from "../names.ts";

/** Of the one container of a pod of ours. */
export function statusOf(pod: Pod): ContainerStatus | null {
  return containerStatusOf(pod, containerName);
}
