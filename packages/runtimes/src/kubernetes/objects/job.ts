import type { Made } from "@berth/cluster";
import type { V1Job } from "@kubernetes/client-node";
import type { IdentifiedTask } from "@berth/core";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { workloadMetadata } from "./metadata.ts";
import { makePodTemplate } from "./pod-template.ts";

/** Berth ends a task at its timeout, counted from its start. The cluster does where Berth is away: this is for a node and the image. */
const placementSeconds = 600;
/** Berth removes what has ended; where it is away for so long, the cluster does. */
const keptSeconds = 86_400;

/** A task: one pod, started once. Where that fails, or is lost, it is not started again. */
export function makeJob(model: WorkloadModel & { workload: IdentifiedTask }, place: ClusterPlace): Made<V1Job> {
  const { timeoutMs } = model.workload;
  const template = makePodTemplate(model, place, "byRouter");
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: workloadMetadata(model.workload, place),
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      // One that is being deleted, with its node for example, has to be over before it counts.
      podReplacementPolicy: "Failed",
      ...(timeoutMs !== null && { activeDeadlineSeconds: Math.ceil(timeoutMs / 1_000) + placementSeconds }),
      ttlSecondsAfterFinished: keptSeconds,
      template: { ...template, spec: { ...template.spec!, restartPolicy: "Never" } },
    },
  };
}
