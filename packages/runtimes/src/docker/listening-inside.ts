import { readFile } from "node:fs/promises";
import { parseListening } from "../instances/listening.ts";
import type { Listening } from "../instances/listening.ts";

/** The engine's own name server listens there in every network of ours. */
const nameServer = "127.0.0.11";

/** Where the programs of a container listen, as its network tells (proc_pid_net(5)); nothing where this machine cannot see that. */
export async function listeningInside(pid: number | null): Promise<Listening[]> {
  if (pid === null) return [];
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "")),
  );
  return tables
    .flatMap(parseListening)
    .filter(({ host }) => host !== nameServer)
    .map(({ host, port }) => ({ host, port }));
}
