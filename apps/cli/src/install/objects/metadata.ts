import type { ObjectMeta } from "@berth/cluster";
import { clusterName, type Component, installLabels } from "../names.ts";
import type { InstallPlan } from "../plan.ts";

type Place = Pick<InstallPlan, "namespace">;

export function metadata(name: string, { namespace }: Place, component?: Component): ObjectMeta {
  const labels = installLabels(namespace);
  return {
    name,
    namespace,
    labels: component === undefined ? labels : { ...labels, "app.kubernetes.io/component": component },
  };
}

/** Of an object that belongs to the whole cluster. */
export function clusterMetadata({ namespace }: Place): ObjectMeta {
  return { name: clusterName(namespace), labels: installLabels(namespace) };
}
