import type { Cluster, KubeObject } from "../../packages/cluster/src/index.ts";
import type { Pod } from "../support/cluster.ts";
import { readStored, type StoredEnvironment } from "../support/stored.ts";

/** Of every kind that Berth makes, and that what it makes makes. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  v1: ["Namespace", "Secret", "ServiceAccount", "ResourceQuota", "LimitRange", "Service", "Pod", "ConfigMap"],
  "apps/v1": ["Deployment", "ReplicaSet"],
  "autoscaling/v2": ["HorizontalPodAutoscaler"],
  "batch/v1": ["Job", "CronJob"],
  "discovery.k8s.io/v1": ["EndpointSlice"],
  "networking.k8s.io/v1": ["NetworkPolicy", "Ingress"],
  "policy/v1": ["PodDisruptionBudget"],
};

/** Where a cluster is not as a server's store says: what belongs to nothing, is there twice, or runs and should not. Nothing where all is well. */
export async function findDifferences(cluster: Cluster, home: string): Promise<string[]> {
  const { installation, environments } = await readStored(home);
  const labels = `dev.berth/installation=${installation}`;
  const all = await Promise.all(
    Object.entries(kinds).flatMap(([apiVersion, names]) =>
      names.map(async (kind) =>
        (await cluster.list<KubeObject>({ apiVersion, kind }, { labels })).items.map((item) => ({
          ...item,
          apiVersion,
          kind,
        })),
      ),
    ),
  );
  const objects = all.flat();
  const strays = objects.filter((object) => !environments.some((one) => isOf(one, object)));
  return [
    ...strays.map((object) => `${textOf(object)} belongs to no environment`),
    ...environments.flatMap((one) =>
      differencesOf(
        one,
        objects.filter((object) => isOf(one, object)),
      ),
    ),
  ];
}

function differencesOf(one: StoredEnvironment, objects: readonly KubeObject[]): string[] {
  const found: string[] = [];
  if (one.desired !== one.live) found.push(`${one.app}: v${one.desired} is still to become live`);
  const known = new Set(one.releases.flatMap(({ workloads }) => workloads.map(({ id }) => id)));
  const byWorkload = Map.groupBy(objects, (object) => object.metadata.labels?.["dev.berth/workload"] ?? "");
  byWorkload.delete("");
  for (const [id, own] of byWorkload) {
    if (!known.has(id)) found.push(...own.map((object) => `${textOf(object)} is of no release`));
    for (const [kind, same] of Map.groupBy(own, (object) => object.kind))
      if (kind !== "Pod" && same.length > 1) found.push(`${kind} of ${id} is there ${same.length} times`);
  }
  for (const id of known) {
    const pods = (byWorkload.get(id) ?? []).filter(({ kind }) => kind === "Pod") as Pod[];
    const [least, most] = wantedOf(one, id);
    if (pods.length < least || pods.length > most)
      found.push(`${one.app}: ${pods.length} pods of ${id}, and ${least} to ${most} are wanted`);
  }
  return found;
}

/** How many pods a workload may have: what is live as many as it says, what was live one for a while, and what never was none. */
function wantedOf({ live, releases }: StoredEnvironment, id: string): [number, number] {
  const having = releases.filter(({ workloads }) => workloads.some((workload) => workload.id === id));
  const now = having.find(({ version }) => version === live)?.workloads.find((workload) => workload.id === id);
  if (now !== undefined) return now.maySleep ? [0, Math.max(1, now.min)] : [now.min, now.min];
  return [0, having.some(({ state }) => state === "superseded") ? 1 : 0];
}

function isOf({ app, environment }: StoredEnvironment, { metadata: { labels = {} } }: KubeObject): boolean {
  return labels["dev.berth/app"] === app && labels["dev.berth/environment"] === environment;
}

function textOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return `${kind} ${namespace ?? ""}/${name}`;
}
