import type { Cluster, Kind, KubeObject } from "@berth/cluster";
import { installLabels, ofApps, selectorText } from "./names.ts";

/** In the order in which they go: first what takes requests and acts, then what it needs. */
const kinds: readonly Kind[] = [
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "v1", kind: "Pod" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "v1", kind: "Secret" },
  { apiVersion: "v1", kind: "ServiceAccount" },
];
const clusterKinds: readonly Kind[] = [
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding" },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" },
];
const routes = { group: "gateway.networking.k8s.io", path: "/apis/gateway.networking.k8s.io/v1" };
const claims: Kind = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
const configMaps: Kind = { apiVersion: "v1", kind: "ConfigMap" };

export interface FoundInstallation {
  /** All but the namespace and the volume. */
  objects: readonly KubeObject[];
  volumes: readonly KubeObject[];
  home: KubeObject | null;
  /** What is in the namespace and was not installed; a namespace is removed with all that is in it. */
  foreign: readonly KubeObject[];
}

/** Everything that `berth install` made, by its labels. */
export async function findInstalled(
  cluster: Pick<Cluster, "get" | "list" | "read">,
  namespace: string,
  signal: AbortSignal,
): Promise<FoundInstallation> {
  const labels = selectorText(installLabels(namespace));
  const list = async (kind: Kind, within?: string, only = true) => {
    const options = {
      signal,
      ...(within !== undefined && { namespace: within }),
      ...(only && { labels }),
    };
    const { items } = await cluster.list<KubeObject>(kind, options);
    // A list leaves out of what kind its items are.
    return items.map((item) => ({ ...item, ...kind }));
  };
  const hasRoutes = (await cluster.read(routes.path, { signal })) !== null;
  const inNamespace = hasRoutes ? [{ apiVersion: `${routes.group}/v1`, kind: "HTTPRoute" }, ...kinds] : kinds;
  const [local, global, volumes, everything] = await Promise.all([
    Promise.all(inNamespace.map((kind) => list(kind, namespace))),
    Promise.all(clusterKinds.map((kind) => list(kind))),
    list(claims, namespace),
    Promise.all([...kinds, claims, configMaps].map((kind) => list(kind, namespace, false))),
  ]);
  const home = await cluster.get<KubeObject>({ apiVersion: "v1", kind: "Namespace", namespace: null, name: namespace });
  const ours = new Set([...local.flat(), ...volumes].map(({ metadata }) => metadata.uid));
  return {
    objects: [...local.flat(), ...global.flat()],
    volumes,
    home,
    foreign: everything.flat().filter((object) => !ours.has(object.metadata.uid) && !isOfCluster(object)),
  };
}

/** Namespaces with apps, which stay. */
export async function findAppNamespaces(
  cluster: Pick<Cluster, "list">,
  prefix: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { items } = await cluster.list<KubeObject>(
    { apiVersion: "v1", kind: "Namespace" },
    { labels: selectorText(ofApps), signal },
  );
  return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(prefix) && name.includes("--"));
}

/** Namespaces that the server has made for itself, whose content is made again: for builds and their caches, and for the Lease of one without an installation. */
export async function findOwnNamespaces(
  cluster: Pick<Cluster, "get">,
  { prefix, namespace }: { prefix: string; namespace: string },
): Promise<KubeObject[]> {
  const names = ["builds", "system"].map((name) => `${prefix}${name}`).filter((name) => name !== namespace);
  const found = await Promise.all(
    names.map((name) => cluster.get<KubeObject>({ apiVersion: "v1", kind: "Namespace", namespace: null, name })),
  );
  return found.filter((each) => each !== null).filter(isManaged);
}

/** By a server, and not by `berth install`. */
function isManaged({ metadata }: KubeObject): boolean {
  return Object.entries(ofApps).every(([label, value]) => metadata.labels?.[label] === value);
}

/** What the cluster puts into every namespace, and what controllers make of what was installed. */
function isOfCluster({ kind, metadata }: KubeObject): boolean {
  return (
    (kind === "ServiceAccount" && metadata.name === "default") ||
    (kind === "ConfigMap" && metadata.name === "kube-root-ca.crt") ||
    (metadata.ownerReferences?.length ?? 0) > 0
  );
}
