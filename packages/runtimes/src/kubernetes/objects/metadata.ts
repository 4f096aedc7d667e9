import type { ObjectMeta } from "@berth/cluster";
import type { IdentifiedWorkload, Scope } from "@berth/core";
import { scopeLabels, serviceLabels, workloadLabels } from "../labels.ts";
import type { ClusterPlace } from "../model.ts";
import { namespaceName, workloadName } from "../names.ts";

type Place = Pick<ClusterPlace, "installation" | "namespacePrefix">;

/** Of an object that its environment has one of. */
export function scopeMetadata(name: string, scope: Scope, { installation, namespacePrefix }: Place): ObjectMeta {
  return { name, namespace: namespaceName(namespacePrefix, scope), labels: scopeLabels(installation, scope) };
}

/** Of an object that belongs to a service, whatever release is live. */
export function serviceMetadata(name: string, scope: Scope, service: string, place: Place): ObjectMeta {
  return { ...scopeMetadata(name, scope, place), labels: serviceLabels(place.installation, scope, service) };
}

/** Of an object that comes and goes with a workload. */
export function workloadMetadata(workload: IdentifiedWorkload, place: Place): ObjectMeta {
  return {
    ...scopeMetadata(workloadName(workload), workload, place),
    labels: workloadLabels(place.installation, workload),
  };
}
