import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@berth/cluster";
import type { TestContext } from "vitest";
import type { ClusterPlace, RouterPlace, WorkloadModel } from "../model.ts";
import { workloadName } from "../names.ts";
import { renderYaml } from "../yaml.ts";
import { applyServerSide, kubectl } from "./kubectl.ts";
import { makeSample, type SampleService } from "./samples.ts";

export const smallImage = "localhost:5055/library/node:24-slim";
export const program = readFileSync(join(import.meta.dirname, "../fixtures/inside.cjs"), "utf8");

/** Namespaces of this run alone begin with it. As long as `berth-`, which snapshots have. */
export function drawPrefix(): string {
  return `t${randomBytes(2).toString("hex")}-`;
}

/** The cluster that the tests are made for; on another one its ranges only name what is not asked for. */
export function makeTestPlace(namespacePrefix: string, routers: RouterPlace): ClusterPlace {
  return {
    installation: namespacePrefix.replace("-", ""),
    namespacePrefix,
    routers,
    clusterRanges: ["10.244.0.0/16", "10.96.0.0/16", "198.18.0.0/24"],
    dnsAddresses: [],
    pull: null,
    quota: { pods: 10, cpuMillis: 2_000, memoryBytes: 4 * 2 ** 30 },
  };
}

/** A workload that runs the program of the fixtures. */
export function makeSmallSample(sample: SampleService = {}): WorkloadModel {
  return makeSample({
    // Words after the program are for it to show.
    command: { argv: ["node", "-e", program, "level=$LOG_LEVEL", "$(PORT)", "shell=$PATH"] },
    resources: { cpuMillis: 100, memoryBytes: 128 * 2 ** 20 },
    ...sample,
    model: { image: smallImage, workingFolder: "/tmp", ...sample.model },
  });
}

export async function applyObjects(objects: readonly KubeObject[]): Promise<string> {
  return await applyServerSide(renderYaml(objects));
}

/** Scales a workload by its `scale` subresource and waits until all its instances are ready. Answers with their addresses. */
export async function runWorkload({ workload }: WorkloadModel, namespace: string, replicas: number): Promise<string[]> {
  const name = `deployment/${workloadName(workload)}`;
  await kubectl(["-n", namespace, "scale", name, `--replicas=${replicas}`]);
  await kubectl(["-n", namespace, "rollout", "status", name, "--timeout=80s"]);
  const selector = `dev.berth/workload=${workload.id}`;
  const path = "{.items[*].status.podIP}";
  return (await kubectl(["-n", namespace, "get", "pods", "-l", selector, "-o", `jsonpath=${path}`])).split(" ");
}

export interface Answer {
  ok: boolean;
  value: unknown;
}

/** What the program says at an address, asked from this machine. */
export async function askAt(address: string, path: string, query: Record<string, string> = {}): Promise<Answer> {
  const url = `http://${address}${path}?${new URLSearchParams(query)}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as Answer;
}

/**
 * A machine that runs a Docker engine as well may drop what pods send each other (`iptables -S FORWARD` says `-P FORWARD DROP`):
 * what no policy forbids does not arrive either, and nothing can be told of policies.
 */
export function skipUnless(podsReachEachOther: boolean, context: TestContext): void {
  if (podsReachEachOther) return;
  const reason = "pods of this cluster do not reach each other, whatever policies say: see the machine's own firewall";
  if (process.env["CI"] === "true") throw new Error(reason);
  context.skip(reason);
}

/** Whether what one pod sends another arrives where no policy is. Makes both in a namespace that it makes. */
export async function tryPods(namespace: string): Promise<boolean> {
  const names = ["one", "another"];
  await applyObjects([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...names.map((name) => makePod(name, namespace, [4000])),
  ]);
  const [one, another] = await Promise.all(names.map((name) => addressOf(name, namespace)));
  return (await askAt(`${one}:4000`, "/ask", { url: `http://${another}:4000/` })).ok;
}

/** A pod that runs the program at these ports, and that nothing of Berth's has made. */
export function makePod(
  name: string,
  namespace: string,
  ports: readonly number[],
  labels: Record<string, string> = {},
): KubeObject & { spec: { containers: object[] } } {
  const env = [{ name: "PORTS", value: ports.join(",") }];
  const containers = [{ name: "app", image: smallImage, command: ["node", "-e", program], env }];
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec: { containers } };
  return pod;
}

/** The address of a pod, once it is ready. */
export async function addressOf(name: string, namespace: string): Promise<string> {
  await kubectl(["-n", namespace, "wait", `pod/${name}`, "--for=condition=Ready", "--timeout=80s"]);
  return await kubectl(["-n", namespace, "get", "pod", name, "-o", "jsonpath={.status.podIP}"]);
}

const appliedKinds =
  "serviceaccounts,resourcequotas,limitranges,networkpolicies,services,endpointslices,secrets,poddisruptionbudgets,deployments,horizontalpodautoscalers,ingresses";

/** Of each object in a namespace that Berth can have made: which one it is, what it has been told, and how often that changed. */
export async function versionsIn(namespace: string): Promise<string[]> {
  const fields =
    "{.kind}/{.metadata.name} {.metadata.uid} {.metadata.generation} {.metadata.labels} {.spec} {.endpoints}";
  const output = `jsonpath={range .items[*]}${fields}{"\\n"}{end}`;
  const text = await kubectl([
    "-n",
    namespace,
    "get",
    appliedKinds,
    "-l",
    "app.kubernetes.io/managed-by=berth",
    "-o",
    output,
  ]);
  return text.trim().split("\n");
}
