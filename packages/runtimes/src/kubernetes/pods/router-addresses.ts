import { conditionOf, type Pod } from "./pod.ts";

/**
 * At which addresses neighbours are asked for, of the pods that are routers: of those that are ready and stay. Where there is none, of those that
 * at least run: a router that is about to end, or does not say that it is ready, may still serve, and no router never does. In one order.
 */
export function findRouterAddresses(pods: readonly Pod[]): string[] {
  const running = pods.filter(({ status }) => status?.phase === "Running");
  const staying = running.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const isReady = (pod: Pod) => conditionOf(pod, "Ready")?.status === "True";
  const ready = staying.filter(isReady);
  const ending = running.filter(isReady);
  const chosen = [ready, ending, staying, running].find((some) => some.length > 0) ?? [];
  return [...new Set(chosen.flatMap(addressesOf))].toSorted();
}

function addressesOf({ status }: Pod): string[] {
  return status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP === undefined ? [] : [status.podIP]);
}
