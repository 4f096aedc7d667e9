import { randomInt } from "node:crypto";
import { buildRights } from "@berth/builders";
import { type Cluster, type KubeObject, openCluster } from "@berth/cluster";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { neededRights, renderYaml } from "@berth/runtimes";
import type { V1ClusterRole, V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectsOf, samples } from "./testing/samples.ts";

const all = Object.entries(samples);

describe.each(all)("an installation by %s", (name, sample) => {
  it("is these objects", async () => {
    await expect(await renderYaml(objectsOf(sample))).toMatchFileSnapshot(`fixtures/${name}.yaml`);
  });
});

it("the server has exactly the rights that it asks for", () => {
  const role = objectsOf(samples["node-port"]!).find(({ kind }) => kind === "ClusterRole");
  const { rules = [] } = role as unknown as V1ClusterRole;
  const given = rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource} ${group}`))),
  );
  const needed = [...neededRights, ...buildRights].map(({ verb, resource, group }) => `${verb} ${resource} ${group}`);
  expect(given.toSorted()).toEqual([...new Set(needed)].toSorted());
});

describe.skipIf(!process.env["KUBECONFIG"] && process.env["CI"] !== "true")("on a cluster (KUBECONFIG)", () => {
  const namespace = `berth-objects-${process.pid}`;
  const home = { apiVersion: "v1", kind: "Namespace", namespace: null, name: namespace };
  const dryRun = { manager: "berth-install", dryRun: true };
  let cluster: Cluster;
  beforeAll(async () => {
    const kubeconfig = process.env["KUBECONFIG"];
    cluster = await openCluster({ kubeconfig, deps: { clock: systemClock, random: systemRandom, log: quietLog } });
    const [made, ...accounts] = objectsOf(samples["node-port"]!, namespace).filter(
      ({ kind }) => kind === "Namespace" || kind === "ServiceAccount",
    );
    for (const object of [made!, ...accounts]) await cluster.create(object);
  });
  afterAll(async () => {
    await cluster.remove(home);
    await cluster.close();
  });

  // The Gateway's kinds are no part of Kubernetes itself.
  it.each(all.filter(([name]) => name !== "gateway"))("the API server takes those of %s", async (_, sample) => {
    // One that is not taken on this cluster.
    const nodePort = String(randomInt(31_000, 32_700));
    const isAtPort = sample.asked.ingress === undefined;
    const asked = isAtPort ? { ...sample.asked, nodePort } : sample.asked;
    const objects = objectsOf({ ...sample, asked }, namespace);
    for (const object of objects) expect(await cluster.apply(object, { ...dryRun, force: true })).toBeDefined();
    const pods = objects.flatMap((object) => podOf(object) ?? []);
    expect(pods).toHaveLength(2);
    // Pod Security refuses what is not as restricted as the namespace asks for.
    for (const pod of pods) expect(await cluster.create(pod, dryRun)).not.toBeNull();
  });
});

function podOf(object: KubeObject): KubeObject | null {
  if (object.kind !== "StatefulSet" && object.kind !== "Deployment") return null;
  const { template } = (object as unknown as V1StatefulSet | V1Deployment).spec!;
  const { name, namespace = "" } = object.metadata;
  const claims = object.kind === "StatefulSet" ? [{ name: "home", emptyDir: {} }] : [];
  const spec = { ...template.spec!, volumes: [...(template.spec?.volumes ?? []), ...claims] };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec };
  return pod;
}
