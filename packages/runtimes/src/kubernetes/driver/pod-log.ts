import type { Cluster, ObjectRef } from "@berth/cluster";
import type { CopiedFrame, ReadContainer } from "../../logs/copied-log.ts";
import { containerName } from "../names.ts";
import { makePodLogFrames } from "./pod-log-frames.ts";

/**
 * Reads what the container of a pod has written in one of its runs, the `run`th from 0 on. Kubelets keep both of its streams as one,
 * and of runs the last two: an older one is gone. `latest` is the one that the pod has now.
 */
export function readPodLog(cluster: Cluster, pod: ObjectRef, latest: () => number): ReadContainer {
  return async (run, { since, follow, signal }) => {
    const behind = latest() - Number(run);
    if (behind > 1) return null;
    const chunks = await cluster.podLogs(pod, {
      container: containerName,
      follow: follow && behind <= 0,
      previous: behind === 1,
      timestamps: true,
      signal,
      ...(since > 0 && { since: new Date(since).toISOString() }),
    });
    return chunks === null ? null : readFrames(chunks, signal);
  };
}

async function* readFrames(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<CopiedFrame> {
  const take = makePodLogFrames();
  try {
    for await (const chunk of chunks) yield* take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
