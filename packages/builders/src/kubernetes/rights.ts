import type { Right } from "@berth/cluster";

const verbs: readonly { group: string; resource: string; verbs: readonly string[] }[] = [
  { group: "", resource: "namespaces", verbs: ["create", "patch"] },
  { group: "", resource: "resourcequotas", verbs: ["get", "create", "patch"] },
  { group: "", resource: "limitranges", verbs: ["create", "patch"] },
  { group: "", resource: "secrets", verbs: ["list", "create", "patch", "delete"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["list", "create", "delete"] },
  { group: "", resource: "pods", verbs: ["list", "watch"] },
  { group: "", resource: "nodes", verbs: ["list"] },
  { group: "batch", resource: "jobs", verbs: ["list", "create", "delete"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["create", "patch"] },
  { group: "networking.k8s.io", resource: "servicecidrs", verbs: ["list"] },
];

/** What builds ask of a cluster. */
export const buildRights: readonly Right[] = verbs.flatMap(({ group, resource, verbs: each }) =>
  each.map((verb) => ({ verb, group, resource })),
);
