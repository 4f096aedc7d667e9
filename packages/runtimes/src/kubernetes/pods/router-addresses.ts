import { conditionOf, timeOf } from "@berth/cluster";
import type { Pod } from "@berth/cluster";

/**
 * At which addresses neighbours are asked for, of the pods that are routers: of those that are ready and stay. Where there is none, of those that
 * at least run: a router that is about to end, or does not say that it is ready, may still serve, and no router never does. In one order.
 */
export function findRouterAddresses(pods: readonly Pod[]): string[] {
  const running = pods.filter(({ status }) => status?.phase === "Running");
  const isReady = (pod: Pod) => conditionOf(pod, "Ready")?.status === "True";
  const staying = running.filter((pod) => endOf(pod) === null);
  const ending = lastToEnd(running.filter((pod) => endOf(pod) !== null && isReady(pod)));
  const chosen = [staying.filter(isReady), ending, staying, running].find((some) => some.length > 0) ?? [];
  return [...new Set(chosen.flatMap(addressesOf))].toSorted();
}

/** Of those that are about to end, whichever will be there longest: what began to end earlier is out, and stays so. */
function lastToEnd(pods: readonly Pod[]): Pod[] {
  const last = Math.max(...pods.map((pod) => endOf(pod) ?? 0));
  return pods.filter((pod) => endOf(pod) === last);
}

/** By when a pod has ended, ms since the epoch; null for one that stays. */
function endOf({ metadata: { deletionTimestamp } }: Pod): number | null {
  return deletionTimestamp === undefined ? null : timeOf(deletionTimestamp);
}

function addressesOf({ status }: Pod): string[] {
  return status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP === undefined ? [] : [status.podIP]);
}
