import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster } from "./cluster.ts";
import { fieldConflictsOf } from "./calls/refusal.ts";
import type { KubeObject, ObjectRef } from "./object.ts";
import { refOf } from "./object.ts";
import { configMap, describeWithCluster, makeNamespace, openTestCluster } from "./testing/cluster.ts";

const manager = "berth-test";
type ConfigMap = ReturnType<typeof configMap>;

await describeWithCluster("a cluster", () => {
  let cluster: Cluster;
  let namespace: Awaited<ReturnType<typeof makeNamespace>>;

  beforeAll(async () => {
    cluster = await openTestCluster();
    namespace = await makeNamespace(cluster);
  });
  afterAll(async () => {
    await namespace.remove();
    await cluster.close();
  });

  function deployment(name: string): KubeObject & { spec: { replicas?: number; template: object; selector: object } } {
    const labels = { app: name };
    const containers = [{ name: "main", image: "example.test/none:1" }];
    return {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: namespace.name },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    };
  }

  it("tells what it is", () => {
    expect(cluster).toMatchObject({ name: expect.any(String), version: expect.stringMatching(/^1\.\d+/) });
    expect(cluster.server).toMatch(/^https?:/);
  });

  it("applies an object, and removes what it says no more", async () => {
    const object = configMap(namespace.name, "applied", { a: "1", b: "2" });
    await cluster.apply(object, { manager });
    const applied = await cluster.apply(configMap(namespace.name, "applied", { a: "3" }), { manager });
    expect(applied.data).toEqual({ a: "3" });
    expect(await cluster.get<ConfigMap>(refOf(object))).toMatchObject({ kind: "ConfigMap", data: { a: "3" } });
  });

  it("names the other manager and the field of a conflict, and takes it over by force", async () => {
    await cluster.apply(configMap(namespace.name, "shared", { a: "1" }), { manager: "somebody-else" });
    const ours = configMap(namespace.name, "shared", { a: "2" });
    const error: unknown = await cluster.apply(ours, { manager }).catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "cluster.conflict",
      message: expect.stringContaining("somebody-else manages"),
    });
    expect(fieldConflictsOf(error)).toEqual([{ manager: "somebody-else", field: ".data.a" }]);
    expect((await cluster.apply(ours, { manager, force: true })).data).toEqual({ a: "2" });
  });

  it("keeps nothing of a dry run", async () => {
    const object = configMap(namespace.name, "dry");
    expect(await cluster.apply(object, { manager, dryRun: true })).toMatchObject({ metadata: { name: "dry" } });
    expect(await cluster.get(refOf(object))).toBeNull();
  });

  it("makes an object once", async () => {
    const object = configMap(namespace.name, "created");
    expect(await cluster.create(object)).toMatchObject({ metadata: { name: "created" } });
    expect(await cluster.create(object)).toBeNull();
  });

  it("lists what labels say, with the kind of each", async () => {
    const labelled = configMap(namespace.name, "labelled");
    labelled.metadata.labels = { of: "list" };
    await cluster.apply(labelled, { manager });
    const { items, resourceVersion } = await cluster.list(labelled, { namespace: namespace.name, labels: "of=list" });
    expect(items).toMatchObject([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "labelled" } }]);
    expect(resourceVersion).toMatch(/^\d+$/);
  });

  it("patches by merging and by steps, and only the object that was meant", async () => {
    const object = configMap(namespace.name, "patched", { a: "1" });
    const made = await cluster.apply(object, { manager });
    const ref = refOf(object);
    expect(await cluster.patch(ref, { data: { b: "2" } }, { manager })).toMatchObject({ data: { a: "1", b: "2" } });
    const steps = [{ op: "remove", path: "/data/a" }];
    expect(await cluster.patch<ConfigMap>(ref, steps, { manager })).toMatchObject({ data: { b: "2" } });
    const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { b: "3" } };
    await expect(cluster.patch(ref, stale, { manager })).rejects.toMatchObject({ code: "cluster.conflict" });
    expect(await cluster.patch({ ...ref, name: "none" }, { data: {} }, { manager })).toBeNull();
  });

  it("scales without a word about replicas in what it applies", async () => {
    const object = deployment("scaled");
    await cluster.apply(object, { manager });
    expect(await cluster.scale(refOf(object), 0, { manager: "berth-autoscaler" })).toBe(true);
    const applied = await cluster.apply(object, { manager });
    expect(applied.spec.replicas).toBe(0);
    expect(await cluster.scale({ ...refOf(object), name: "none" }, 1, { manager })).toBe(false);
  });

  it("removes an object, and only that very one", async () => {
    const object = configMap(namespace.name, "removed");
    const made = await cluster.create(object);
    const ref = refOf(object);
    expect(await cluster.remove(ref, { uid: "00000000-0000-0000-0000-000000000000" })).toBe(false);
    expect(await cluster.get(ref)).not.toBeNull();
    await expect(cluster.remove(ref, { resourceVersion: "1" })).rejects.toMatchObject({ code: "cluster.conflict" });
    expect(await cluster.remove(ref, { uid: made?.metadata.uid ?? "" })).toBe(true);
    expect(await cluster.remove(ref)).toBe(false);
  });

  it("says field by field what is invalid", async () => {
    const object = deployment("invalid");
    object.spec.replicas = -1;
    await expect(cluster.apply(object, { manager })).rejects.toMatchObject({
      code: "cluster.invalid",
      details: [expect.stringMatching(/^spec\.replicas: /)],
    });
  });

  it("says that a namespace is missing", async () => {
    await expect(cluster.apply(configMap("berth-test-none", "x"), { manager })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("berth-test-none"),
    });
  });

  it("finds kinds that not every cluster has, and says which it does not know", async () => {
    const priority: ObjectRef = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      namespace: null,
      name: "system-node-critical",
    };
    expect(await cluster.get(priority)).toMatchObject({ kind: "PriorityClass" });
    await expect(cluster.get({ ...priority, kind: "Nonsense" })).rejects.toMatchObject({ code: "cluster.invalid" });
    await expect(cluster.get({ ...priority, apiVersion: "none.test/v1" })).rejects.toMatchObject({
      code: "cluster.invalid",
    });
  });

  it("reads any path, and null where there is none", async () => {
    expect(await cluster.read<{ major: string }>("/version")).toMatchObject({ major: "1" });
    expect(await cluster.read("/apis/none.test/v1")).toBeNull();
  });

  it("lets its caller give up", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(cluster.get(refOf(configMap(namespace.name, "x")), { signal })).rejects.toThrow("enough");
  });

  it("has all rights as an administrator", async () => {
    const rights = [{ verb: "patch", group: "apps", resource: "deployments/scale", namespace: namespace.name }];
    expect(await cluster.missingRights(rights)).toEqual([]);
  });
});
