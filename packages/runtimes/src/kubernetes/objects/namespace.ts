import type { Made } from "@berth/cluster";
import type { V1Namespace } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import { scopeLabels } from "../labels.ts";
import type { ClusterPlace } from "../model.ts";
import { namespaceName } from "../names.ts";

/** Fixed, for what a pod may be must not change by an upgrade of the cluster. One that is older takes its newest. */
const podSecurityVersion = "v1.35";

export function makeNamespace(scope: Scope, { installation, namespacePrefix }: ClusterPlace): Made<V1Namespace> {
  const modes = ["enforce", "audit", "warn"].map((mode) => `pod-security.kubernetes.io/${mode}`);
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespaceName(namespacePrefix, scope),
      labels: {
        ...scopeLabels(installation, scope),
        ...Object.fromEntries(
          modes.flatMap((mode) => [
            [mode, "restricted"],
            [`${mode}-version`, podSecurityVersion],
          ]),
        ),
      },
    },
  };
}
