import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "@berth/core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Cluster } from "../cluster.ts";
import { openCluster } from "../open-cluster.ts";
import { quietLog, systemDeps } from "../testing/cluster.ts";
import { makeManualClock } from "../testing/manual-clock.ts";
import type { CallRecord } from "./call.ts";

const pod = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web" };

/** A cluster whose API server answers as the test says. */
async function open(
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

function say(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

describe("a caller", () => {
  it("reads its credentials again when the API server does not take them, and only once", async () => {
    const tokens: (string | undefined)[] = [];
    const { cluster, calls, setToken } = await open((request, response) => {
      tokens.push(request.headers.authorization);
      if (request.headers.authorization === "Bearer new") say(response, 200, pod);
      else say(response, 401, { reason: "Unauthorized", message: "Unauthorized" });
    });
    await expect(cluster.get(pod)).rejects.toMatchObject({ code: "cluster.forbidden" });
    expect(tokens).toEqual(["Bearer old", "Bearer old"]);
    await setToken("new\n");
    expect(await cluster.get(pod)).toEqual(pod);
    expect(calls).toMatchObject([
      { status: 401, attempts: 2 },
      { status: 200, attempts: 2 },
    ]);
  });

  it("takes a budget's refusal for an answer and a busy server for none", async () => {
    const answers = [
      { reason: "TooManyRequests", message: "busy" },
      { reason: "TooManyRequests", message: "no", details: { causes: [{ reason: "DisruptionBudget" }] } },
    ];
    const { cluster, calls } = await open((_, response) => say(response, 429, answers.shift() ?? {}));
    expect(await cluster.evict(pod)).toBe(false);
    expect(calls).toMatchObject([{ resource: "pods/eviction", status: 429, attempts: 2 }]);
  });

  it("does not send what makes an object twice", async () => {
    const { cluster, calls } = await open((_, response) => say(response, 503, { message: "broken" }));
    const object = { ...pod, metadata: { name: "web", namespace: "shop" } };
    await expect(cluster.create(object)).rejects.toMatchObject({ code: "cluster.failed" });
    expect(calls).toMatchObject([{ status: 503, attempts: 1 }]);
  });

  it("tells the log what the API server warns of", async () => {
    const warnings: string[] = [];
    const log = { ...quietLog, warn: (_: object, message: string) => void warnings.push(message) };
    const { cluster } = await open((_, response) => say(response, 200, pod, { warning: '299 - "v1 is deprecated"' }), {
      ...systemDeps,
      log,
    });
    await cluster.get(pod);
    expect(warnings).toEqual(['the cluster warns: "v1 is deprecated"']);
  });

  it("gives up after 30 seconds, and says so", async () => {
    const clock = makeManualClock();
    const { cluster } = await open(() => {}, { clock, random: systemRandom, log: quietLog });
    const asked = cluster.get(pod).catch((error: unknown) => error);
    await expect.poll(() => clock.sleepers()).toBe(1);
    clock.advance(29_999);
    expect(clock.sleepers()).toBe(1);
    clock.advance(1);
    expect(await asked).toMatchObject({ code: "cluster.unreachable", message: expect.stringContaining("within 30 s") });
  });

  it("ends what is on its way when it is closed", async () => {
    const { cluster } = await open(() => {});
    const asked = cluster.get(pod).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await cluster.close();
    expect(await asked).toMatchObject({ message: "the cluster's client was closed" });
  });
});
