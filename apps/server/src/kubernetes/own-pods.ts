import type { Cluster, KubeObject } from "@berth/cluster";
import { BerthError } from "@berth/core";
import type { PodPlace, ServerPlace } from "@berth/runtimes";

/** Labels that a pod's successor has as well; what controllers add tells one pod from the next. */
const lasting = /^app\.kubernetes\.io\//;

/**
 * By what a server that is a pod of the cluster is known there, so that its next pod is let in as it was; null where it runs elsewhere.
 * Throws `settings.invalid` where nothing tells its pod from others, or from routers.
 */
export async function findOwnPods(
  { name, namespace, get }: Pick<Cluster, "name" | "namespace" | "get">,
  host: string,
  routers: PodPlace,
): Promise<Extract<ServerPlace, { kind: "inside" }> | null> {
  if (name !== "in-cluster") return null;
  const pod = await get<KubeObject>({ apiVersion: "v1", kind: "Pod", namespace, name: host });
  if (pod === null) return null;
  const { labels: all = {} } = pod.metadata;
  const labels = Object.fromEntries(Object.entries(all).filter(([label]) => lasting.test(label)));
  const hasLabelsOfRouters = Object.entries(routers.labels).every(([label, value]) => all[label] === value);
  const path = `${namespace}/${host}`;
  if (namespace === routers.namespace && hasLabelsOfRouters)
    throw unfit("The pod of this server is one of BERTH_ROUTER_PODS, and takes no requests of neighbours.", path);
  if (Object.keys(labels).length === 0)
    throw unfit("Nothing tells the pod of this server from others, so no app could let it in.", path);
  return { kind: "inside", namespace, labels };
}

function unfit(why: string, path: string): BerthError {
  return new BerthError("settings.invalid", why, {
    path,
    hint: "Give its pod labels of its own: app.kubernetes.io/name=berth and app.kubernetes.io/component=server.",
  });
}
