import type { Cluster, KubeObject } from "@berth/cluster";
import { describePod, type InstalledPod } from "./describe-pod.ts";
import { installName } from "./names.ts";

type StatefulSet = KubeObject & { status?: { updateRevision?: string } };

/**
 * Ends the server's pod where it never came up and another one is wanted by now: a StatefulSet waits for a pod to be ready before it replaces
 * it, for ever. Source: Kubernetes, StatefulSets, "Forced rollback".
 */
export async function freeStuckServer(
  cluster: Pick<Cluster, "get" | "remove">,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const pod = { apiVersion: "v1", kind: "Pod", namespace, name: `${installName.server}-0` };
  const [found, set] = await Promise.all([
    cluster.get<InstalledPod>(pod, { signal }),
    cluster.get<StatefulSet>(
      { apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: installName.server },
      { signal },
    ),
  ]);
  const { uid, labels } = found?.metadata ?? {};
  if (found === null || uid === undefined || describePod(found).kind === "ready") return;
  if (labels?.["controller-revision-hash"] === set?.status?.updateRevision) return;
  await cluster.remove(pod, { uid, signal });
}
