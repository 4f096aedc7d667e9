import type { Cluster, ObjectRef } from "@berth/cluster";
import { parseListening } from "../../instances/listening.ts";
import type { Listening } from "../../instances/listening.ts";
import { containerName } from "../names.ts";

const patienceMs = 2_000;

/** Where the programs of a pod listen, as its network tells (proc_pid_net(5)); nothing where its image has nothing to read that with. */
export async function listeningIn(cluster: Cluster, pod: ObjectRef): Promise<Listening[]> {
  const chunks: Uint8Array[] = [];
  const result = await cluster
    .exec(pod, {
      container: containerName,
      argv: ["cat", "/proc/net/tcp", "/proc/net/tcp6"],
      stdout: (chunk) => void chunks.push(chunk),
      signal: AbortSignal.timeout(patienceMs),
    })
    .catch(() => null);
  if (result?.exitCode !== 0) return [];
  return parseListening(Buffer.concat(chunks).toString("latin1")).map(({ host, port }) => ({ host, port }));
}
