import type { KubeObject } from "@berth/cluster";
import type { ObservedTask, ObservedWorkload } from "@berth/core";
import type { Autoscalers } from "./autoscaler.ts";
import type { Copies } from "./copies.ts";
import type { JobRefusals } from "./job-refusals.ts";
import type { PodsByWorkload } from "./pods-by-workload.ts";
import { makeObservedTask, makeUnstartedTask } from "./tasks.ts";
import { type Deployment, nameOf, runOfObject, viewOf } from "./view.ts";
import type { WorkloadObjects } from "./workload-objects.ts";

/** What is known of the cluster here, and of what was asked of it. */
export interface ObservedParts {
  copies: Copies;
  pods: PodsByWorkload;
  objects: WorkloadObjects;
  autoscalers: Autoscalers;
  refusals: JobRefusals;
}

/** The workloads of a namespace, or of all, by their ids. */
export function observeWorkloads(parts: ObservedParts, namespace: string | undefined): Map<string, ObservedWorkload> {
  // A workload that was ensured and never started has its variables alone; where there is a Deployment, it says more.
  const objects = ["Secret", "Deployment"].flatMap((kind) => parts.copies.of({ kind }).list(namespace));
  const workloads = objects
    .filter((object) => runOfObject(object) === null)
    .map((object) => observeWorkload(parts, object))
    .filter((workload) => workload !== null);
  return new Map(workloads.map((workload) => [workload.id, workload]));
}

/** The tasks of a namespace, or of all, by their ids. */
export function observeTasks(parts: ObservedParts, namespace: string | undefined): Map<string, ObservedTask> {
  const { copies, pods, refusals } = parts;
  const secrets = copies.of({ kind: "Secret" }).list(namespace).map(makeUnstartedTask);
  const jobs = copies.jobs.list(namespace).map((job) => {
    const ofJob = pods.get(nameOf(job)?.id ?? "");
    const [instance = null] = ofJob?.observed() ?? [];
    const hasEnded = (job.status?.conditions ?? []).length > 0;
    const refusal = instance === null && !hasEnded ? refusals.reasonOf(job) : null;
    return makeObservedTask(job, { instance, isLogWhole: ofJob?.isLogWhole ?? true, refusal });
  });
  // A Job's comes after that of its variables.
  const tasks = [...secrets, ...jobs].filter((task) => task !== null);
  return new Map(tasks.map((task) => [task.id, task]));
}

function observeWorkload(parts: ObservedParts, object: KubeObject): ObservedWorkload | null {
  const { pods, objects, autoscalers } = parts;
  const named = nameOf(object);
  if (named === null) return null;
  const view = object.kind === "Deployment" ? viewOf(object as Deployment) : null;
  const { id, app, environment, service } = named;
  return {
    id,
    app,
    environment,
    service,
    replicas: view?.replicas ?? 0,
    instances: pods.get(id)?.observed() ?? [],
    refusal: view?.refusal ?? null,
    isWhole: objects.isWhole(id),
    autoscale: autoscalers.observe(id, object),
    askedAt: view !== null && view.replicas > 0 ? (pods.get(id)?.askedAt ?? null) : null,
  };
}
