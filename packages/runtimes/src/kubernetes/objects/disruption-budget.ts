import type { Made } from "@berth/cluster";
import type { V1PodDisruptionBudget } from "@kubernetes/client-node";
import { workloadSelector } from "../labels.ts";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { workloadMetadata } from "./metadata.ts";

/**
 * One instance at a time may go for a node that is drained. That holds for any number of them, so that nothing has to
 * follow a change of scale, and a single instance does not hold up the node for ever. One that is not ready protects nothing.
 */
export function makeDisruptionBudget({ workload }: WorkloadModel, place: ClusterPlace): Made<V1PodDisruptionBudget> {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: workloadMetadata(workload, place),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: workloadSelector(workload) },
    },
  };
}
