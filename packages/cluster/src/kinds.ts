import type { Kind } from "./object.ts";

/** Where the API server keeps the objects of a kind. */
export interface Resource {
  /** Empty for the first kinds, such as pods. */
  group: string;
  version: string;
  /** As in paths and RBAC, such as `deployments`. */
  plural: string;
  namespaced: boolean;
}

const inNamespaces: Record<string, Record<string, string>> = {
  v1: {
    ConfigMap: "configmaps",
    Event: "events",
    LimitRange: "limitranges",
    PersistentVolumeClaim: "persistentvolumeclaims",
    Pod: "pods",
    ResourceQuota: "resourcequotas",
    Secret: "secrets",
    Service: "services",
    ServiceAccount: "serviceaccounts",
  },
  "apps/v1": {
    DaemonSet: "daemonsets",
    Deployment: "deployments",
    ReplicaSet: "replicasets",
    StatefulSet: "statefulsets",
  },
  "autoscaling/v2": { HorizontalPodAutoscaler: "horizontalpodautoscalers" },
  "batch/v1": { CronJob: "cronjobs", Job: "jobs" },
  "coordination.k8s.io/v1": { Lease: "leases" },
  "discovery.k8s.io/v1": { EndpointSlice: "endpointslices" },
  "events.k8s.io/v1": { Event: "events" },
  "networking.k8s.io/v1": { Ingress: "ingresses", NetworkPolicy: "networkpolicies" },
  "policy/v1": { PodDisruptionBudget: "poddisruptionbudgets" },
  "rbac.authorization.k8s.io/v1": { Role: "roles", RoleBinding: "rolebindings" },
};

const inTheCluster: Record<string, Record<string, string>> = {
  v1: { Namespace: "namespaces", Node: "nodes" },
  "authorization.k8s.io/v1": { SelfSubjectAccessReview: "selfsubjectaccessreviews" },
  "rbac.authorization.k8s.io/v1": { ClusterRole: "clusterroles", ClusterRoleBinding: "clusterrolebindings" },
};

/** The resource of a kind that is the same in every cluster, so that nobody has to ask; null for any other. */
export function knownResource({ apiVersion, kind }: Kind): Resource | null {
  const local = inNamespaces[apiVersion]?.[kind];
  const plural = local ?? inTheCluster[apiVersion]?.[kind];
  return plural === undefined ? null : { ...splitApiVersion(apiVersion), plural, namespaced: local !== undefined };
}

/** `apps/v1` is group `apps`, version `v1`; `v1` has the empty group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash === -1
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `deployments.apps`, as kubectl and the messages of the API server write it. */
export function resourceText({ group, plural }: Resource, subresource?: string): string {
  return `${plural}${subresource === undefined ? "" : `/${subresource}`}${group === "" ? "" : `.${group}`}`;
}
