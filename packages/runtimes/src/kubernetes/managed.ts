import type { KubeObject } from "@berth/cluster";
import { autoscaleOf, type IdentifiedTask, type IdentifiedWorkload, type NamedObject, type Scale } from "@berth/core";
import { makeDeployment } from "./objects/deployment.ts";
import { makeDisruptionBudget } from "./objects/disruption-budget.ts";
import { makeEndpointSlices } from "./objects/endpoint-slices.ts";
import { makeJob } from "./objects/job.ts";
import { makeLimitRange } from "./objects/limit-range.ts";
import { makeNamespace } from "./objects/namespace.ts";
import { makeNeighbourService } from "./objects/neighbour-service.ts";
import { makeNetworkPolicies } from "./objects/network-policies.ts";
import { makePullSecret } from "./objects/pull-secret.ts";
import { makeResourceQuota } from "./objects/resource-quota.ts";
import { makeServiceAccount } from "./objects/service-account.ts";
import { makeVariablesSecret } from "./objects/variables-secret.ts";
import type { ClusterPlace, EnvironmentModel, WorkloadModel } from "./model.ts";
import { workloadName } from "./names.ts";

/** What an environment consists of besides its workloads, in the order in which it is applied: what confines instances is there before the first of them. */
export function makeEnvironmentObjects(environment: EnvironmentModel, place: ClusterPlace): KubeObject[] {
  const { scope, neighbourPorts } = environment;
  return [
    makeNamespace(scope, place),
    ...makeNetworkPolicies(environment, place),
    makeResourceQuota(scope, place),
    makeLimitRange(scope, place),
    ...(place.pull === null ? [] : [makePullSecret(scope, place.pull, place)]),
    makeServiceAccount(scope, place),
    ...Object.entries(neighbourPorts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([service, port]) => [
        makeNeighbourService(service, port, scope, place),
        ...makeEndpointSlices(port, { service, scope, place }),
      ]),
  ];
}

/** What a task consists of, in the order in which it is applied. */
export function makeTaskObjects(
  model: WorkloadModel & { workload: IdentifiedTask },
  place: ClusterPlace,
): KubeObject[] {
  return [makeVariablesSecret(model, place), makeJob(model, place)];
}

/** What a workload consists of, in the order in which it is applied. Its autoscaler is not among it: that is there only while the workload is live. */
export function makeWorkloadObjects(model: WorkloadModel, place: ClusterPlace): KubeObject[] {
  return [
    makeVariablesSecret(model, place),
    makeDisruptionBudget(model, place),
    makeDeployment(model, place, "byRouter"),
  ];
}

/** What those are called, for who cannot know yet what they have in them; with the autoscaler that there is while it is live. */
export function workloadObjectNames(workload: IdentifiedWorkload, scale: Scale): NamedObject[] {
  // Between its runs it is nothing, and each of them is a Job of its own.
  if (workload.kind === "cron") return [];
  const name = workloadName(workload);
  const kinds = ["Secret", "PodDisruptionBudget", "Deployment"];
  const all = autoscaleOf(scale) === null ? kinds : [...kinds, "HorizontalPodAutoscaler"];
  return all.map((kind) => ({ kind, name }));
}
