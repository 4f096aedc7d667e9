import { type Client, makeClient } from "@berth/api/client";
import type { Cluster, ObjectRef } from "@berth/cluster";
import { BerthError } from "@berth/core/errors";
import { makeFetchAs } from "./fetch-as.ts";
import { installName } from "./names.ts";
import { homeFolder } from "./objects/pod.ts";
import { berthPort } from "./plan.ts";

export interface AccessDeps {
  cluster: Pick<Cluster, "exec" | "forward">;
  namespace: string;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
}

/** A way to the server that needs nothing but the cluster's API server. */
export interface ServerAccess {
  /** On this machine, such as `127.0.0.1:40001`. */
  host: string;
  /** As the owner that the server made for itself at its first start. */
  owner: Client;
  as(token: string): Client;
  close(): void;
}

const attempts = 20;
const pauseMs = 500;

/** Opens it. Throws `cluster.failed`. */
export async function openServerAccess(deps: AccessDeps): Promise<ServerAccess> {
  const { cluster, namespace, signal } = deps;
  const pod = { apiVersion: "v1", kind: "Pod", namespace, name: `${installName.server}-0` };
  const token = await readOwnerToken(pod, deps);
  const forwarded = await cluster.forward(pod, { port: berthPort, signal });
  const host = `127.0.0.1:${forwarded.port}`;
  // The server knows itself by its own port; another could be a trick of a web page.
  const asItself = makeFetchAs(`127.0.0.1:${berthPort}`);
  const as = (secret: string) => makeClient({ url: `http://${host}`, token: secret, fetch: asItself });
  return { host, owner: as(token), as, close: forwarded.close };
}

/** The server leaves its owner's token in its home, where only whoever may exec into its pod can read it. It does so when it has started. */
async function readOwnerToken(pod: ObjectRef, { cluster, sleep, signal }: AccessDeps): Promise<string> {
  const file = `${homeFolder}/client/credentials.json`;
  const argv = ["node", "-e", `process.stdout.write(require("node:fs").readFileSync("${file}"))`];
  let why = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    let printed = "";
    const stdout = (chunk: Uint8Array) => void (printed += Buffer.from(chunk).toString());
    const { exitCode, message } = await cluster.exec(pod, { argv, stdout, stderr: () => {}, signal });
    if (exitCode === 0) return ownerTokenOf(printed);
    why = message ?? `${file} is not there yet`;
    await sleep(pauseMs, signal);
  }
  throw new BerthError("cluster.failed", `The server's pod does not give the token of its owner: ${why}.`, {
    path: `Pod ${pod.namespace}/${pod.name}`,
    hint: `See what it says: kubectl -n ${pod.namespace} logs ${pod.name}`,
  });
}

function ownerTokenOf(text: string): string {
  const { current, servers } = JSON.parse(text) as { current: string; servers: Record<string, { token: string }> };
  return servers[current]!.token;
}
