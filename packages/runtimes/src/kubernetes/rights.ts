import type { Right } from "@berth/cluster";

const owned = ["get", "list", "watch", "create", "patch", "delete"];

/** By group and resource: the verbs that the runtime needs in every namespace, and no more. */
const verbs: readonly { group: string; resources: readonly string[]; verbs: readonly string[] }[] = [
  {
    group: "",
    resources: ["namespaces", "secrets", "serviceaccounts", "resourcequotas", "limitranges", "services"],
    verbs: owned,
  },
  { group: "", resources: ["pods"], verbs: ["get", "list", "watch", "patch"] },
  { group: "", resources: ["pods/log"], verbs: ["get"] },
  { group: "", resources: ["pods/exec"], verbs: ["get", "create"] },
  { group: "", resources: ["nodes"], verbs: ["list"] },
  { group: "", resources: ["events"], verbs: ["list"] },
  { group: "apps", resources: ["deployments"], verbs: owned },
  { group: "apps", resources: ["deployments/scale"], verbs: ["patch"] },
  { group: "batch", resources: ["jobs"], verbs: owned },
  { group: "autoscaling", resources: ["horizontalpodautoscalers"], verbs: owned },
  { group: "coordination.k8s.io", resources: ["leases"], verbs: ["get", "create", "patch"] },
  { group: "discovery.k8s.io", resources: ["endpointslices"], verbs: owned },
  { group: "events.k8s.io", resources: ["events"], verbs: ["create", "patch"] },
  { group: "metrics.k8s.io", resources: ["pods"], verbs: ["list"] },
  { group: "networking.k8s.io", resources: ["networkpolicies"], verbs: owned },
  { group: "networking.k8s.io", resources: ["servicecidrs"], verbs: ["list"] },
  { group: "policy", resources: ["poddisruptionbudgets"], verbs: owned },
];

/** What the runtime asks of a cluster. */
export const neededRights: readonly Right[] = verbs.flatMap(({ group, resources, verbs: each }) =>
  resources.flatMap((resource) => each.map((verb) => ({ verb, group, resource }))),
);
