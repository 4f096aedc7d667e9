import type { Made } from "@berth/cluster";
import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import type { Autoscale, Scale } from "@berth/core";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { containerName, workloadName } from "../names.ts";
import { workloadMetadata } from "./metadata.ts";

const longestWindowSeconds = 3_600;

export type CpuScale = Scale & { cpuPercent: number };

export function scalesByCpu(scale: Scale): scale is CpuScale {
  return scale.cpuPercent !== undefined;
}

/**
 * Up at once, at most doubled or by four in a quarter of a minute; down by half a minute when the load has been low for as
 * long as a service without requests would stay awake.
 */
export function makeAutoscaler(
  { workload }: WorkloadModel,
  { min, max, idleMs, cpuPercent }: Autoscale,
  place: ClusterPlace,
): Made<V2HorizontalPodAutoscaler> {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: workloadMetadata(workload, place),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: workloadName(workload) },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          // Not of the whole pod: what a cluster adds to it has a load of its own.
          type: "ContainerResource",
          containerResource: {
            name: "cpu",
            container: containerName,
            target: { type: "Utilization", averageUtilization: cpuPercent },
          },
        },
      ],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: "Max",
          policies: [
            { type: "Percent", value: 100, periodSeconds: 15 },
            { type: "Pods", value: 4, periodSeconds: 15 },
          ],
        },
        scaleDown: {
          stabilizationWindowSeconds: Math.min(longestWindowSeconds, Math.ceil(idleMs / 1_000)),
          selectPolicy: "Max",
          policies: [{ type: "Percent", value: 50, periodSeconds: 30 }],
        },
      },
    },
  };
}
