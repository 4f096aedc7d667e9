import { bytesQuantity, cpuQuantity } from "@berth/cluster";
import type { V1ResourceRequirements } from "@kubernetes/client-node";
import type { Resources } from "@berth/core";

/** Of a node's own disk: what is written in /tmp and writable folders, and the output that the node keeps. */
export const diskBytes = { request: 64 * 2 ** 20, limit: 2 * 2 ** 30, folder: 2 ** 30 } as const;

/**
 * Memory is what was asked for and no more, so that an instance never fails because of a neighbour. Of the processor it
 * has its share and may take what is free: a limit would throttle starts and bursts while the node idles.
 */
export function makeResources({ cpuMillis, memoryBytes }: Resources): V1ResourceRequirements {
  const memory = bytesQuantity(memoryBytes);
  return {
    requests: { cpu: cpuQuantity(cpuMillis), memory, "ephemeral-storage": bytesQuantity(diskBytes.request) },
    limits: { memory, "ephemeral-storage": bytesQuantity(diskBytes.limit) },
  };
}
