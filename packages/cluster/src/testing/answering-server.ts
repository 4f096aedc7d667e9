import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CallRecord } from "../calls/call.ts";
import type { Cluster } from "../cluster.ts";
import { openCluster } from "../open-cluster.ts";
import { systemDeps } from "./cluster.ts";

/** A cluster whose API server answers as the test says: for what no real one does when it is asked to. Closed at the end of the test. */
export async function openAnswering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  deps: Parameters<typeof openCluster>[0]["deps"] = systemDeps,
): Promise<{ cluster: Cluster; calls: CallRecord[]; setToken(token: string): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url === "/version") response.end(JSON.stringify({ gitVersion: "v1.35.0" }));
    else answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const folder = await mkdtemp(join(tmpdir(), "berth-caller-"));
  const config = {
    "current-context": "test",
    clusters: [
      { name: "c", cluster: { server: `http://127.0.0.1:${port}/prefix/..`, "insecure-skip-tls-verify": true } },
    ],
    users: [{ name: "u", user: { tokenFile: "token" } }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
  };
  const setToken = (token: string) => writeFile(join(folder, "token"), token);
  await setToken("old\n");
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(config));
  const calls: CallRecord[] = [];
  const cluster = await openCluster({
    kubeconfig: join(folder, "kubeconfig"),
    onCall: (call) => calls.push(call),
    deps,
  });
  calls.length = 0;
  onTestFinished(async () => {
    await cluster.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { cluster, calls, setToken };
}

/** Answers with JSON. */
export function say(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
