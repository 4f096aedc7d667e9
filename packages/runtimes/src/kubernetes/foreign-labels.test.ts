import { afterAll, beforeAll, expect, it } from "vitest";
import type { KubeObject } from "@berth/cluster";
import type { IdentifiedWorkload } from "@berth/core";
import { appFolder, instances, makeTestWorkload, run, until } from "../conformance/helpers.ts";
import { workloadName } from "./names.ts";
import { addressOf, makePod } from "./testing/on-cluster.ts";
import { applyServerSide, describeWithCluster, kubectl, removeNamespaces } from "./testing/kubectl.ts";
import { openKubernetesRuntime, type KubernetesUnderTest } from "./testing/open-for-test.ts";

/** Somebody with another namespace gives what is theirs the labels of what is Berth's. */
describeWithCluster(() => {
  let test: KubernetesUnderTest;
  let workload: IdentifiedWorkload;
  let foreign: string;
  let deployment: KubeObject;

  beforeAll(async () => {
    test = await openKubernetesRuntime();
    workload = makeTestWorkload(await test.makeImage(appFolder), "server.mjs", { stopGraceMs: 1_000 });
    await run(test.runtime, workload);
    const namespace = test.namespaceOf(workload);
    foreign = namespace.replace("--", "-of-others-");
    const read = (kind: string, name: string) => kubectl(["-n", namespace, "get", kind, name, "-o", "json"]);
    deployment = JSON.parse(await read("deployment", workloadName(workload)));
    const { labels = {} } = (JSON.parse(await read("namespace", namespace)) as KubeObject).metadata;
    const own = Object.fromEntries(Object.entries(labels).filter(([name]) => name.startsWith("dev.berth/")));
    const made = { apiVersion: "v1", kind: "Namespace", metadata: { name: foreign, labels: own } };
    await kubectl(["create", "-f", "-"], JSON.stringify(made));
  }, 60_000);
  afterAll(async () => {
    await removeNamespaces(foreign);
    await test.dispose();
  });

  it("takes no pod for an instance that is not in its environment", async () => {
    const name = `${workloadName(workload)}-like`;
    await kubectl(["create", "-f", "-"], JSON.stringify(makePod(name, foreign, [8080], deployment.metadata.labels)));
    await addressOf(name, foreign);
    // What was told before it.
    await kubectl(["-n", test.namespaceOf(workload), "label", "pods", "--all", "seen=yes"]);
    const known = await instances(test.runtime, workload.id);
    expect(known.map(({ id }) => id)).not.toContain(name);
    expect(test.runtime.endpoints(workload.id).map(({ instance }) => instance)).toEqual(known.map(({ id }) => id));
    expect(known).toHaveLength(1);
  }, 60_000);

  it("neither scales nor removes a copy that somebody has made for themselves, nor a namespace", async () => {
    const { name, labels } = deployment.metadata;
    const copy = { ...deployment, metadata: { name, namespace: foreign, labels } };
    await applyServerSide(JSON.stringify(copy));
    await test.reopen();
    await test.runtime.ensure(workload);
    await test.runtime.scale(workload.id, 0);
    await test.runtime.remove(workload.id);
    await until("the environment is gone", async () => {
      const left = await kubectl(["get", "namespace", test.namespaceOf(workload), "--ignore-not-found", "-o", "name"]);
      return left === "";
    });
    const path = "{.spec.replicas} {.metadata.deletionTimestamp}";
    expect(await kubectl(["-n", foreign, "get", "deployment", name, "-o", `jsonpath=${path}`])).toBe("1 ");
    expect(await kubectl(["get", "namespace", foreign, "-o", "jsonpath={.status.phase}"])).toBe("Active");
  }, 90_000);
});
