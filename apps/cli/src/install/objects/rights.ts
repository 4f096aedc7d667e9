import type { V1ClusterRole, V1ClusterRoleBinding, V1PolicyRule } from "@kubernetes/client-node";
import type { Made, Right } from "@berth/cluster";
import { clusterName, installName } from "../names.ts";
import type { InstallPlan } from "../plan.ts";
import { clusterMetadata } from "./metadata.ts";

const group = "rbac.authorization.k8s.io";

/** Exactly what the server asks of a cluster, for what it runs and what it builds. */
export function makeClusterRole(plan: InstallPlan, rights: readonly Right[]): Made<V1ClusterRole> {
  return {
    apiVersion: `${group}/v1`,
    kind: "ClusterRole",
    metadata: clusterMetadata(plan),
    rules: makeRules(rights),
  };
}

export function makeClusterRoleBinding(plan: InstallPlan): Made<V1ClusterRoleBinding> {
  return {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata: clusterMetadata(plan),
    roleRef: { apiGroup: group, kind: "ClusterRole", name: clusterName(plan.namespace) },
    subjects: [{ kind: "ServiceAccount", name: installName.server, namespace: plan.namespace }],
  };
}

/** One rule for each group and set of verbs. */
function makeRules(rights: readonly Right[]): V1PolicyRule[] {
  // What several parts ask for is one right.
  const distinct = new Map(rights.map((right) => [JSON.stringify([right.group, right.resource, right.verb]), right]));
  const ofResource = Map.groupBy(distinct.values(), (right) => `${right.group} ${right.resource}`);
  const resources = [...ofResource.values()].map((of) => ({
    group: of[0]!.group,
    resource: of[0]!.resource,
    verbs: of.map(({ verb }) => verb),
  }));
  const rules = Map.groupBy(resources, (each) => `${each.group} ${each.verbs.join(",")}`);
  return [...rules.values()].map((of) => ({
    apiGroups: [of[0]!.group],
    resources: of.map(({ resource }) => resource),
    verbs: of[0]!.verbs,
  }));
}
