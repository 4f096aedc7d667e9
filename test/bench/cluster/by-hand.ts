// What a person would do with kubectl alone: the floor that the figures for clusters stand beside.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { pushAppImage } from "../../../packages/runtimes/src/kubernetes/testing/push-image.ts";
import { programOf, type Files } from "./app.ts";

const run = promisify(execFile);
const repository = "berth-bench/by-hand";
const port = 8080;
const deadlineMs = 120_000;

export async function kubectl(...argv: string[]): Promise<string> {
  return (await run("kubectl", argv, { maxBuffer: 2 ** 26 })).stdout.trim();
}

async function apply(object: object): Promise<void> {
  const child = spawn("kubectl", ["apply", "-f", "-"], { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(JSON.stringify(object));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error("kubectl apply failed");
}

/** An app that is run by kubectl, in a namespace of its own, with probes each second as Berth has them. */
export interface ByHand {
  /** Makes the image of these files, applies it, and waits until `kubectl rollout status` says that it is there: ms. */
  deploy(files: Files): Promise<number>;
  /** `kubectl rollout undo` until it answers this text: ms. */
  undo(text: string): Promise<number>;
  /** From no instance to one that is ready: ms. It has none again afterwards. */
  scaleUp(): Promise<number>;
  remove(): Promise<void>;
}

export async function startByHand(namespace: string): Promise<ByHand> {
  const folder = mkdtempSync(join(tmpdir(), "berth-by-hand-"));
  const inNamespace = (...argv: string[]) => kubectl("-n", namespace, ...argv);
  const ready = () => inNamespace("rollout", "status", "deployment/notes", "--timeout=120s");
  await kubectl("create", "namespace", namespace);
  await apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "notes", namespace },
    spec: { selector: { app: "notes" }, ports: [{ port: 80, targetPort: port }] },
  });
  const address = await inNamespace("get", "service", "notes", "-o", "jsonpath={.spec.clusterIP}");
  const pods = () => inNamespace("get", "pods", "-o", "name");

  return {
    async deploy(files) {
      const begin = performance.now();
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
      const digest = await pushAppImage(repository, folder);
      await apply(makeDeployment(namespace, `localhost:5055/${repository}@${digest}`));
      await ready();
      return performance.now() - begin;
    },
    async undo(text) {
      const begin = performance.now();
      await inNamespace("rollout", "undo", "deployment/notes");
      await untilAnswered(`http://${address}/`, text);
      const servedAt = performance.now();
      await ready();
      return servedAt - begin;
    },
    async scaleUp() {
      await inNamespace("scale", "deployment/notes", "--replicas=0");
      while ((await pods()) !== "") await sleep(100);
      const begin = performance.now();
      await inNamespace("scale", "deployment/notes", "--replicas=1");
      await ready();
      return performance.now() - begin;
    },
    async remove() {
      rmSync(folder, { recursive: true, force: true });
      await kubectl("delete", "namespace", namespace, "--wait=false");
    },
  };
}

function makeDeployment(namespace: string, image: string): object {
  const probe = { httpGet: { path: "/", port }, periodSeconds: 1 };
  const container = {
    name: "app",
    image,
    command: programOf,
    env: [{ name: "PORT", value: String(port) }],
    ports: [{ containerPort: port }],
    startupProbe: { ...probe, failureThreshold: 30 },
    readinessProbe: probe,
    resources: { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "128Mi" } },
  };
  const template = {
    metadata: { labels: { app: "notes" } },
    spec: { containers: [container], shareProcessNamespace: true },
  };
  const spec = {
    replicas: 1,
    selector: { matchLabels: { app: "notes" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template,
  };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "notes", namespace }, spec };
}

async function untilAnswered(url: string, text: string): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const headers = { connection: "close" };
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (answer !== null && (await answer.text()).includes(text)) return;
    if (performance.now() > end) throw new Error(`${url} did not answer ${text}`);
    await sleep(8);
  }
}
