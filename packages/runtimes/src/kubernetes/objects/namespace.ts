import { type Made, restrictedLabels } from "@berth/cluster";
import type { V1Namespace } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import { scopeLabels } from "../labels.ts";
import type { ClusterPlace } from "../model.ts";
import { namespaceName } from "../names.ts";

export function makeNamespace(scope: Scope, { installation, namespacePrefix }: ClusterPlace): Made<V1Namespace> {
  const labels = { ...scopeLabels(installation, scope), ...restrictedLabels };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: namespaceName(namespacePrefix, scope), labels } };
}
