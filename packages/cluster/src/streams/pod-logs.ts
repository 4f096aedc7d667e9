import type { Caller } from "../calls/caller.ts";
import { refusalOf } from "../calls/refusal.ts";
import type { PodLogOptions } from "../cluster.ts";
import { knownResource } from "../kinds.ts";
import { refText } from "../object.ts";
import type { ObjectRef } from "../object.ts";
import { resourcePath } from "../paths.ts";

/** Opens a container's output; see `Cluster.podLogs`. */
export async function openPodLogs(
  caller: Caller,
  pod: ObjectRef,
  options: PodLogOptions,
): Promise<AsyncIterable<Uint8Array> | null> {
  const { container, follow, tailLines, since, previous, timestamps, signal } = options;
  const resource = knownResource(pod);
  if (resource?.plural !== "pods") throw new TypeError(`${refText(pod)} is no pod`);
  try {
    return await caller.open(
      {
        verb: "get",
        resource: "pods/log",
        namespace: pod.namespace,
        subject: refText(pod),
        path: resourcePath(resource, { ...pod, subresource: "log" }),
        query: { container, follow, tailLines, sinceTime: since, previous, timestamps },
        repeatable: true,
        signal,
      },
      // The answer to `follow` begins with the first line, which may take for ever.
      { answersLate: follow === true },
    );
  } catch (error) {
    if (hasNoOutput(error)) return null;
    throw error;
  }
}

/** The kubelet answers 400 where a container waits to be started or has not run before; so does the API server for a container that the pod does not have. */
function hasNoOutput(error: unknown): boolean {
  const refusal = refusalOf(error);
  if (refusal?.status === 404) return true;
  return refusal?.status === 400 && !refusal.message.includes("is not valid for pod");
}
