import type { Cluster, KubeObject } from "@berth/cluster";
import { BerthError } from "@berth/core";
import type { ServerPlace } from "@berth/runtimes";

/** Labels that a pod's successor has as well; what controllers add tells one pod from the next. */
const lasting = /^app\.kubernetes\.io\//;

/**
 * By what a server that is a pod of the cluster is known there, so that its next pod is let in as it was; null where it runs elsewhere.
 * Throws `settings.invalid` where nothing tells its pod from others.
 */
export async function findOwnPods(
  { name, namespace, get }: Pick<Cluster, "name" | "namespace" | "get">,
  host: string,
): Promise<Extract<ServerPlace, { kind: "inside" }> | null> {
  if (name !== "in-cluster") return null;
  const pod = await get<KubeObject>({ apiVersion: "v1", kind: "Pod", namespace, name: host });
  if (pod === null) return null;
  const all = Object.entries(pod.metadata.labels ?? {});
  const labels = Object.fromEntries(all.filter(([label]) => lasting.test(label)));
  if (Object.keys(labels).length > 0) return { kind: "inside", namespace, labels };
  throw new BerthError(
    "settings.invalid",
    "Nothing tells the pod of this server from others, so no app could let it in.",
    {
      path: `${namespace}/${host}`,
      hint: "Give its pod labels of its own: app.kubernetes.io/name=berth and app.kubernetes.io/component=server.",
    },
  );
}
