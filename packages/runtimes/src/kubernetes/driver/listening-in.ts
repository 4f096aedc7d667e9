import type { Cluster, ObjectRef } from "@berth/cluster";
import { parseListening } from "../../instances/listening.ts";
import type { Listening } from "../../instances/listening.ts";
import { containerName } from "../names.ts";

const patienceMs = 2_000;
/** Of what a program says that may be any: an app chooses its PATH. Some 30,000 connections are told of in it. */
const mostBytes = 4 * 2 ** 20;

/** Where the programs of a pod listen, as its network tells (proc_pid_net(5)); nothing where its image has nothing to read that with. */
export async function listeningIn(cluster: Pick<Cluster, "exec">, pod: ObjectRef): Promise<Listening[]> {
  const chunks: Uint8Array[] = [];
  const tooMuch = new AbortController();
  let bytes = 0;
  const take = (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > mostBytes) tooMuch.abort(new Error("it tells of more than there can be"));
    else chunks.push(chunk);
  };
  const result = await cluster
    .exec(pod, {
      container: containerName,
      argv: ["cat", "/proc/net/tcp", "/proc/net/tcp6"],
      stdout: take,
      signal: AbortSignal.any([tooMuch.signal, AbortSignal.timeout(patienceMs)]),
    })
    .catch(() => null);
  if (result?.exitCode !== 0) return [];
  return parseListening(Buffer.concat(chunks).toString("latin1")).map(({ host, port }) => ({ host, port }));
}
