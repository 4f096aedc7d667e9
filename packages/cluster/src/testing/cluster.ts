import { quietLog, systemClock, systemRandom } from "@berth/core";
import { describe } from "vitest";
import type { Cluster } from "../cluster.ts";
import type { KubeObject, ObjectRef } from "../object.ts";
import { openCluster } from "../open-cluster.ts";
import type { OpenClusterOptions } from "../open-cluster.ts";

const mirror = "localhost:5055";
export const systemDeps = { clock: systemClock, random: systemRandom, log: quietLog };

/** The cluster of the tests is that of KUBECONFIG and its current context, and no other: nobody's ~/.kube/config is used unasked. */
export function testKubeconfig(): string {
  return process.env["KUBECONFIG"] ?? "";
}

/** Why tests with a cluster cannot run here; null where they can. */
async function findMissing(): Promise<string | null> {
  if (testKubeconfig() === "") {
    return "KUBECONFIG is not set. Start a cluster (`kind create cluster`, `k3s server`) and name its kubeconfig.";
  }
  try {
    const cluster = await openTestCluster();
    await cluster.close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Tests that need a cluster: skipped with the reason where there is none, an error in CI. */
export async function describeWithCluster(title: string, suite: () => void): Promise<void> {
  const missing = await findMissing();
  if (missing === null) return void describe(title, suite);
  if (process.env["CI"] === "true") throw new Error(`A cluster is missing in CI: ${missing}`);
  console.warn(`skipped: ${missing}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`${title} (missing: ${missing})`, suite);
}

/** The client of the cluster under test. */
export function openTestCluster(changes: Partial<OpenClusterOptions> = {}): Promise<Cluster> {
  return openCluster({ kubeconfig: testKubeconfig(), deps: systemDeps, ...changes });
}

/** A namespace of a test's own; `remove` does not wait until it is gone. */
export async function makeNamespace(cluster: Cluster): Promise<{ name: string; remove(): Promise<void> }> {
  const name = `berth-test-${Buffer.from(systemRandom.bytes(5)).toString("hex")}`;
  const ref = { apiVersion: "v1", kind: "Namespace", namespace: null, name };
  await cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return { name, remove: async () => void (await cluster.remove(ref)) };
}

/** An image with a shell that the cluster's nodes can pull. */
async function shellImage(): Promise<string> {
  const answer = await fetch(`http://${mirror}/v2/library/node/tags/list`).catch(() => null);
  return `${answer?.ok === true ? mirror : "docker.io"}/library/node:24-slim`;
}

export interface TestPod extends KubeObject {
  spec: object;
  status?: { phase?: string };
}

/** A pod that runs a shell script, when it has been started or has ended. */
export async function runPod(cluster: Cluster, namespace: string, name: string, script: string): Promise<ObjectRef> {
  const pod: TestPod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "main", image: await shellImage(), command: ["sh", "-c", script] }],
    },
  };
  await cluster.create(pod);
  const ref = { apiVersion: "v1", kind: "Pod", namespace, name };
  for (;;) {
    const phase = (await cluster.get<TestPod>(ref))?.status?.phase;
    if (phase !== undefined && phase !== "Pending") return ref;
    await systemClock.sleep(200);
  }
}

export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string> = {},
): KubeObject & { data: Record<string, string> } {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}
