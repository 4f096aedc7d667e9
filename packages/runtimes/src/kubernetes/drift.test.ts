import type { IdentifiedWorkload } from "@berth/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { appFolder, ask, instances, makeTestWorkload, until, untilReady } from "../conformance/helpers.ts";
import { workloadName } from "./names.ts";
import { keepLive } from "./testing/keep-live.ts";
import { applyServerSide, describeWithCluster, kubectl } from "./testing/kubectl.ts";
import { openKubernetesRuntime, type KubernetesUnderTest } from "./testing/open-for-test.ts";

/** What is done to an environment with kubectl is found by watch, told, and put back. */
describeWithCluster(() => {
  let test: KubernetesUnderTest;
  let workload: IdentifiedWorkload;
  let namespace: string;
  let name: string;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    test = await openKubernetesRuntime();
    workload = makeTestWorkload(await test.makeImage(appFolder), "server.mjs", { stopGraceMs: 1_000 });
    stop = keepLive(test.runtime, workload, 2);
    await untilReady(test.runtime, workload.id, 2);
    name = workloadName(workload);
    namespace = test.namespaceOf(workload);
  });
  afterAll(async () => {
    await stop();
    await test.dispose();
  });

  const inNamespace = (...argv: string[]) => kubectl(["-n", namespace, ...argv]);
  const told = () => test.runtime.drift!(workload);
  const untilTold = (object: string, path: string) =>
    until(`drift of ${path} of ${object} was told`, () =>
      told()
        .filter((drift) => drift.object === object)
        .flatMap(({ fields }) => fields)
        .findLast((field) => field.path === path),
    );
  const read = (kind: string, object: string, path: string) =>
    inNamespace("get", kind, object, "-o", `jsonpath=${path}`);
  const untilWhole = () =>
    until("it is whole", async () => (await test.runtime.observe(workload)).workloads.get(workload.id)?.isWhole);

  it("has no drift in what it has just made", async () => {
    await untilWhole();
    expect(told()).toEqual([]);
  });

  it("takes out a container, a variable and a label that were added", async () => {
    const container = { name: "debug", image: "localhost:5055/library/node:24-slim" };
    const containers = [container, { name: "app", env: [{ name: "DEBUG", value: "1" }] }];
    const patch = { metadata: { labels: { "team/owner": "me" } }, spec: { template: { spec: { containers } } } };
    await inNamespace("patch", "deployment", name, "--type=strategic", "-p", JSON.stringify(patch));
    const object = `Deployment ${name}`;
    expect(await untilTold(object, "spec.template.spec.containers[debug]")).toMatchObject({
      desired: null,
      manager: "kubectl-patch",
    });
    const { setAt } = await untilTold(object, "spec.template.spec.containers[app].env[DEBUG]");
    expect(Math.abs(Date.now() - setAt!)).toBeLessThan(60_000);
    await untilTold(object, 'metadata.labels["team/owner"]');
    await untilWhole();
    const names = "{.spec.template.spec.containers[*].name} {.spec.template.spec.containers[*].env[*].name}";
    expect(await read("deployment", name, names)).toBe("app HOME PORT");
    expect(await read("deployment", name, "{.metadata.labels.team/owner}")).toBe("");
    await untilReady(test.runtime, workload.id, 2);
  });

  it("sets back what was set to something else", async () => {
    await inNamespace("set", "resources", "deployment", name, "--requests=memory=64Mi");
    const path = "spec.template.spec.containers[app].resources.requests.memory";
    expect(await untilTold(`Deployment ${name}`, path)).toMatchObject({
      desired: "512Mi",
      found: "64Mi",
      manager: "kubectl-set",
    });
    await untilWhole();
    await untilReady(test.runtime, workload.id, 2);
  });

  it("sets back how many instances there are, and tells of who has changed it what the cluster knows", async () => {
    await inNamespace("scale", "deployment", name, "--replicas=5");
    expect(await untilTold(`Deployment ${name}`, "spec.replicas")).toMatchObject({
      desired: "2",
      found: "5",
      manager: null,
    });
    await untilReady(test.runtime, workload.id, 2);
    await inNamespace("patch", "deployment", name, "--type=merge", "-p", '{"spec":{"replicas":1}}');
    await until("it was told by whom", () =>
      told().some(({ fields }) => fields.some(({ found, manager }) => found === "1" && manager === "kubectl-patch")),
    );
    await untilReady(test.runtime, workload.id, 2);
    expect(await read("deployment", name, "{.spec.replicas}")).toBe("2");
  });

  it("makes a Deployment again that was deleted, with as many instances", async () => {
    const before = new Set((await instances(test.runtime, workload.id)).map(({ id }) => id));
    const toldOfNumbers = () => told().filter(({ fields }) => fields.some(({ path }) => path === "spec.replicas"));
    const numbersBefore = toldOfNumbers();
    await inNamespace("delete", "deployment", name, "--wait=false");
    expect(await untilTold(`Deployment ${name}`, "")).toMatchObject({ desired: "there", found: null, manager: null });
    await until("two others are ready", async () => {
      const all = await instances(test.runtime, workload.id);
      return all.length === 2 && all.every(({ id, state }) => state === "ready" && !before.has(id));
    });
    expect(await ask(test.runtime, workload.id, "/")).toBe("hello");
    // The one instance that a new Deployment begins with is nobody's change.
    expect(toldOfNumbers()).toEqual(numbersBefore);
  });

  it("makes what belongs to the environment again, and sets it back, without a deploy", async () => {
    await inNamespace("delete", "networkpolicy", "deny-all");
    expect(await untilTold("NetworkPolicy deny-all", "")).toMatchObject({ found: null });
    await until("it is there again", async () => (await inNamespace("get", "networkpolicies")).includes("deny-all"));
    const everybody = { spec: { ingress: [{}] } };
    await inNamespace("patch", "networkpolicy", "allow-in", "--type=merge", "-p", JSON.stringify(everybody));
    expect(await untilTold("NetworkPolicy allow-in", "spec.ingress")).toMatchObject({ found: "[{}]" });
    await until("it is as before", async () =>
      (await read("networkpolicy", "allow-in", "{.spec.ingress}")).includes("podSelector"),
    );
    await inNamespace("label", "resourcequota", "environment", "dev.berth/installation-");
    await until("its label is there again", async () =>
      read("resourcequota", "environment", "{.metadata.labels.dev\\.berth/installation}"),
    );
    await kubectl(["label", "namespace", namespace, "--overwrite", "pod-security.kubernetes.io/enforce=privileged"]);
    expect(
      await untilTold(`Namespace ${namespace}`, 'metadata.labels["pod-security.kubernetes.io/enforce"]'),
    ).toMatchObject({ desired: "restricted", found: "privileged", manager: "kubectl-label" });
  });

  it("leaves alone what it did not make, and refuses to take its name", async () => {
    const foreign = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine", namespace }, data: { a: "1" } };
    await applyServerSide(JSON.stringify(foreign));
    const other = makeTestWorkload(workload.image, "server.mjs", { environment: "staging" });
    const staging = namespace.replace("--production", "--staging");
    await kubectl(["create", "namespace", staging]);
    try {
      await expect(test.runtime.ensure(other)).rejects.toMatchObject({
        code: "cluster.conflict",
        message: expect.stringContaining(`Namespace ${staging} is there already`),
      });
      expect(await kubectl(["get", "namespace", staging, "-o", "jsonpath={.metadata.labels}"])).not.toContain("berth");
    } finally {
      await kubectl(["delete", "namespace", staging, "--wait=false"]);
    }
    await test.runtime.remove(other.id);
    expect(await read("configmap", "mine", "{.data.a}")).toBe("1");
  });
});
