import type { Made } from "@berth/cluster";
import type { V1Deployment } from "@kubernetes/client-node";
import { serviceDefaults } from "@berth/core";
import { label, workloadSelector } from "../labels.ts";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { workloadMetadata } from "./metadata.ts";
import { makePodTemplate } from "./pod-template.ts";
import type { DrainedBy } from "./pod-template.ts";

/** Besides the time to start: to find a node and fetch the image. */
const placementSeconds = 120;

/**
 * A workload. How many instances there are is never part of it: who applies it does not decide that. Its template is never
 * edited either, so the rules for a rollout hold only where somebody has done so by hand and it is put back.
 */
export function makeDeployment(model: WorkloadModel, place: ClusterPlace, drainedBy: DrainedBy): Made<V1Deployment> {
  const { workload, release } = model;
  const { health } = workload;
  const metadata = workloadMetadata(workload, place);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...(release !== null && { [label.release]: String(release) }) },
    },
    spec: {
      selector: { matchLabels: workloadSelector(workload) },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      ...(health === null && { minReadySeconds: serviceDefaults.workerReadyAfterMs / 1_000 }),
      progressDeadlineSeconds:
        Math.ceil((health?.timeoutMs ?? serviceDefaults.healthTimeoutMs) / 1_000) + placementSeconds,
      revisionHistoryLimit: 1,
      template: makePodTemplate(model, place, drainedBy),
    },
  };
}
