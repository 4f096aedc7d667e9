import type { KubeObject, Made } from "@berth/cluster";
import type { V1Deployment } from "@kubernetes/client-node";
import type { ClusterPlace, PortableModel, PortableService } from "./model.ts";
import { makeAutoscaler, scalesByCpu } from "./objects/autoscaler.ts";
import { makeCronJob } from "./objects/cron-job.ts";
import { makeDeployment } from "./objects/deployment.ts";
import { makeDisruptionBudget } from "./objects/disruption-budget.ts";
import { makeEmptySlices } from "./objects/endpoint-slices.ts";
import { makeIngress } from "./objects/ingress.ts";
import { makeLimitRange } from "./objects/limit-range.ts";
import { makeNamespace } from "./objects/namespace.ts";
import { makeRouterlessPolicies, makeRoutesPolicy } from "./objects/network-policies.ts";
import { makeResourceQuota } from "./objects/resource-quota.ts";
import { makeSelectorService } from "./objects/selector-service.ts";
import { makeServiceAccount } from "./objects/service-account.ts";

/** A release of an environment as objects that serve it without Berth. Secrets are referred to by name and not among them. */
export function makePortableObjects(model: PortableModel, place: ClusterPlace): KubeObject[] {
  const { scope } = model;
  const ingress = makeIngress(model, place);
  return [
    makeNamespace(scope, place),
    ...makeRouterlessPolicies(scope, place),
    makeResourceQuota(scope, place),
    makeLimitRange(scope, place),
    makeServiceAccount(scope, place),
    ...model.services.flatMap((service) => makeServiceObjects(service, place)),
    ...(ingress === null ? [] : [ingress]),
  ];
}

function makeServiceObjects(service: PortableService, place: ClusterPlace): KubeObject[] {
  const { port, routes, workload } = service;
  if (workload.cron !== undefined) return [makeCronJob(service, workload.cron, place)];
  const slices = { service: workload.service, scope: workload, place };
  return [
    ...(port === null ? [] : [makeSelectorService(service, place), ...makeEmptySlices(slices)]),
    ...(port === null || routes.length === 0 ? [] : [makeRoutesPolicy(service, port, place)]),
    makeDisruptionBudget(service, place),
    ...makeScaledDeployment(service, place),
  ];
}

/** Nothing wakes a service here: at least one instance is there all the time. An autoscaler has the number to itself. */
function makeScaledDeployment(service: PortableService, place: ClusterPlace): KubeObject[] {
  const { scale } = service;
  const deployment = makeDeployment(service, place, "byServices");
  if (scalesByCpu(scale)) return [deployment, makeAutoscaler(service, scale, place)];
  const scaled: Made<V1Deployment> = {
    ...deployment,
    spec: { replicas: Math.max(1, scale.min), ...deployment.spec! },
  };
  return [scaled];
}
