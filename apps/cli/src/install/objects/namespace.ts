import { type Made, restrictedLabels } from "@berth/cluster";
import type { V1Namespace } from "@kubernetes/client-node";
import { installLabels, optionsAnnotation } from "../names.ts";
import type { InstallPlan } from "../plan.ts";

/** `options` is what was chosen, for the next `berth install`. */
export function makeInstallNamespace({ namespace }: InstallPlan, options: string): Made<V1Namespace> {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: { ...installLabels(namespace), ...restrictedLabels },
      annotations: { [optionsAnnotation]: options },
    },
  };
}
