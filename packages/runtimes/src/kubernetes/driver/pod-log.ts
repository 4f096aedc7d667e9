import type { Cluster, ObjectRef } from "@berth/cluster";
import { parseTime } from "@berth/docker";
import type { CopiedFrame, ReadContainer } from "../../logs/copied-log.ts";
import { containerName } from "../names.ts";

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

/** Lines of `2026-11-23T19:13:18.172492557Z text`, as whole lines. */
async function* readFrames(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<CopiedFrame> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of chunks) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
        const frame = parseFrame(rest.subarray(0, end + 1));
        if (frame !== null) yield frame;
        rest = rest.subarray(end + 1);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return;
  }
  const frame = parseFrame(rest);
  if (frame !== null) yield frame;
}

function parseFrame(line: Buffer): CopiedFrame | null {
  const space = line.indexOf(0x20);
  const time = parseTime(line.toString("latin1", 0, Math.max(0, space)));
  return time === null ? null : { stream: "stdout", ...time, content: line.subarray(space + 1) };
}
