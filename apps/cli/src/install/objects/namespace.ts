import type { Made } from "@berth/cluster";
import type { V1Namespace } from "@kubernetes/client-node";
import { installLabels, optionsAnnotation } from "../names.ts";
import type { InstallPlan } from "../plan.ts";

/** Fixed, for what a pod may be must not change by an upgrade of the cluster. One that is older takes its newest. */
const podSecurityVersion = "v1.35";

/** `options` is what was chosen, for the next `berth install`. */
export function makeInstallNamespace({ namespace }: InstallPlan, options: string): Made<V1Namespace> {
  const modes = ["enforce", "audit", "warn"].map((mode) => `pod-security.kubernetes.io/${mode}`);
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: {
        ...installLabels(namespace),
        ...Object.fromEntries(
          modes.flatMap((mode) => [
            [mode, "restricted"],
            [`${mode}-version`, podSecurityVersion],
          ]),
        ),
      },
      annotations: { [optionsAnnotation]: options },
    },
  };
}
