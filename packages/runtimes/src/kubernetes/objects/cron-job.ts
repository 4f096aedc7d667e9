import type { Made } from "@berth/cluster";
import type { V1CronJob } from "@kubernetes/client-node";
import { type Cron, cronGraceMs, keptCronOutputs } from "@berth/core";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { workloadMetadata } from "./metadata.ts";
import { makePodTemplate } from "./pod-template.ts";

const policies = { skip: "Forbid", allow: "Allow", replace: "Replace" } as const satisfies Record<
  Cron["overlap"],
  string
>;

/** A service with a schedule, where the cluster alone starts it. */
export function makeCronJob(model: WorkloadModel, cron: Cron, place: ClusterPlace): Made<V1CronJob> {
  const template = makePodTemplate(model, place, "byServices");
  const metadata = workloadMetadata(model.workload, place);
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata,
    spec: {
      schedule: cron.schedule,
      timeZone: cron.timezone === "UTC" ? "Etc/UTC" : cron.timezone,
      concurrencyPolicy: policies[cron.overlap],
      startingDeadlineSeconds: Math.ceil(Math.max(cronGraceMs, cron.catchUpMs) / 1_000),
      successfulJobsHistoryLimit: keptCronOutputs,
      failedJobsHistoryLimit: keptCronOutputs,
      jobTemplate: {
        metadata: { labels: metadata.labels },
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: Math.ceil(cron.timeoutMs / 1_000),
          template: { ...template, spec: { ...template.spec!, restartPolicy: "Never" } },
        },
      },
    },
  };
}
