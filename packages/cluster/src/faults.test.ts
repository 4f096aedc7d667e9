import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { CallRecord } from "./calls/call.ts";
import type { Cluster, Informer } from "./cluster.ts";
import type { KubeObject } from "./object.ts";
import { refOf } from "./object.ts";
import { openCluster } from "./open-cluster.ts";
import {
  configMap,
  describeWithCluster,
  makeNamespace,
  openTestCluster,
  runPod,
  systemDeps,
  testKubeconfig,
} from "./testing/cluster.ts";
import { openFaultProxy } from "./testing/fault-proxy.ts";
import { makeManualClock } from "@berth/core/testing";
import type { FaultProxy } from "./testing/fault-proxy.ts";

const manager = "berth-test";
const kind = { apiVersion: "v1", kind: "ConfigMap" };

await describeWithCluster("a cluster behind a bad connection", () => {
  let direct: Cluster;
  let cluster: Cluster;
  let proxy: FaultProxy;
  let namespace: Awaited<ReturnType<typeof makeNamespace>>;
  const calls: CallRecord[] = [];
  const lifts: (() => void)[] = [];
  const informers: Informer<KubeObject>[] = [];

  beforeAll(async () => {
    direct = await openTestCluster();
    namespace = await makeNamespace(direct);
    proxy = await openFaultProxy(testKubeconfig());
    cluster = await openCluster({
      kubeconfig: proxy.kubeconfig,
      onCall: (call) => void calls.push(call),
      deps: systemDeps,
    });
    calls.length = 0;
  });
  afterEach(() => {
    for (const lift of lifts.splice(0)) lift();
    for (const informer of informers.splice(0)) informer.close();
    calls.length = 0;
  });
  afterAll(async () => {
    await cluster.close();
    await proxy.close();
    await namespace.remove();
    await direct.close();
  });

  function inject(part: string, does: Parameters<FaultProxy["inject"]>[0]["does"], times?: number): void {
    lifts.push(proxy.inject({ matches: ({ url }) => url.includes(part), does, ...(times !== undefined && { times }) }));
  }

  /** An informer of the test's config maps, and the names that it tells. */
  async function follow() {
    const informer = cluster.inform(kind, { namespace: namespace.name, labels: "of=informer" });
    informers.push(informer);
    const told: string[] = [];
    informer.follow(({ kind, object }) => void told.push(`${kind} ${object.metadata.name}`));
    await informer.ready();
    await expect.poll(() => watches()).toBeGreaterThan(0);
    return { informer, told };
  }

  function watches(): number {
    return calls.filter(({ verb, status }) => verb === "watch" && status === 200).length;
  }

  function watchesSeen(): number {
    return proxy.seen.filter(({ url }) => url.includes("watch=true")).length;
  }

  async function put(name: string, data: Record<string, string> = {}): Promise<KubeObject> {
    const object = configMap(namespace.name, name, data);
    object.metadata.labels = { of: "informer" };
    return direct.apply(object, { manager });
  }

  it("waits as long as a busy API server asks it to", async () => {
    const busy = { kind: "answer", status: 429, headers: { "retry-after": "1" }, body: "Too many requests" } as const;
    inject("busy", busy, 1);
    const begin = Date.now();
    await cluster.apply(configMap(namespace.name, "busy"), { manager });
    expect(Date.now() - begin).toBeGreaterThanOrEqual(1_000);
    expect(calls).toMatchObject([{ verb: "patch", resource: "configmaps", status: 201, attempts: 2 }]);
  });

  it("gives up on one that stays busy", async () => {
    inject("busy", { kind: "answer", status: 429, headers: { "retry-after": "60" }, body: "Too many requests" });
    await expect(cluster.apply(configMap(namespace.name, "busy"), { manager })).rejects.toMatchObject({
      code: "cluster.busy",
      message: expect.stringContaining("Too many requests"),
    });
  });

  it("repeats what broke off where that does no harm", async () => {
    inject("cut-after", { kind: "cut", when: "after" }, 1);
    expect(await cluster.apply(configMap(namespace.name, "cut-after"), { manager })).toMatchObject(kind);
    expect(calls).toMatchObject([{ attempts: 2 }]);
  });

  it("does not know whether an object was made when the answer broke off, and says so", async () => {
    inject(`${namespace.name}/configmaps`, { kind: "cut", when: "after" }, 1);
    const object = configMap(namespace.name, "unsure");
    await expect(cluster.create(object)).rejects.toMatchObject({
      code: "cluster.unreachable",
      message: expect.stringMatching(/127\.0\.0\.1:\d+ does not answer: the connection was cut/),
    });
    expect(await cluster.create(object)).toBeNull();
  });

  it("is told as unreachable where nothing listens, and answers again when it is back", async () => {
    await proxy.stop();
    const ref = refOf(configMap(namespace.name, "none"));
    await expect(cluster.get(ref)).rejects.toMatchObject({
      code: "cluster.unreachable",
      message: expect.stringContaining("nothing listens there"),
    });
    await proxy.resume();
    expect(await cluster.get(ref)).toBeNull();
  });

  it("is waited for while it is slow", async () => {
    inject("slow", { kind: "wait", ms: 700 });
    expect(await cluster.get(refOf(configMap(namespace.name, "slow")))).toBeNull();
  });

  it("tells what happened while the watch was cut", async () => {
    await put("kept");
    await put("removed");
    const { informer, told } = await follow();
    inject("watch=true", { kind: "cut", when: "before" });
    proxy.cut();
    await expect.poll(() => informer.staleSince()).not.toBeNull();
    expect(informer.trouble()).toMatchObject({ code: "cluster.unreachable" });
    await put("added");
    await direct.remove(refOf(configMap(namespace.name, "removed")));
    for (const lift of lifts.splice(0)) lift();
    await expect.poll(() => told.slice(2), { timeout: 10_000 }).toEqual(["added added", "removed removed"]);
    expect(informer.staleSince()).toBeNull();
    expect(calls.filter(({ verb }) => verb === "list")).toHaveLength(1);
  });

  it("lists again where the watch's place is lost, by HTTP or in its midst", async () => {
    for (const gone of [
      { kind: "answer", status: 410, body: JSON.stringify({ kind: "Status", code: 410, reason: "Expired" }) },
      {
        kind: "answer",
        status: 200,
        body: JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } }),
      },
    ] as const) {
      calls.length = 0;
      await put("kept");
      await put("missed", { by: String(gone.status) });
      const { informer, told } = await follow();
      inject("watch=true", { kind: "silence" }, 1);
      const before = watchesSeen();
      proxy.cut();
      await expect.poll(() => watchesSeen()).toBe(before + 1);
      told.length = 0;
      await direct.remove(refOf(configMap(namespace.name, "missed")));
      inject("watch=true", gone, 1);
      proxy.cut();
      await expect.poll(() => told, { timeout: 10_000 }).toEqual(["removed missed"]);
      expect(calls.filter(({ verb }) => verb === "list").length).toBeGreaterThan(1);
      await put("later");
      await expect.poll(() => informer.get(namespace.name, "later")).toBeDefined();
      await direct.remove(refOf(configMap(namespace.name, "later")));
      informer.close();
    }
  });

  it("is heard again after the API server was away", async () => {
    const { informer, told } = await follow();
    await proxy.stop();
    await expect.poll(() => informer.staleSince()).not.toBeNull();
    told.length = 0;
    await put("meanwhile");
    await proxy.resume();
    await expect.poll(() => told, { timeout: 20_000 }).toEqual(["added meanwhile"]);
    expect(informer.staleSince()).toBeNull();
  });

  it("is heard again where the connection died and nobody said so", async () => {
    const clock = makeManualClock();
    const patient = await openCluster({ kubeconfig: proxy.kubeconfig, deps: { ...systemDeps, clock } });
    const before = watchesSeen();
    const informer = patient.inform(kind, { namespace: namespace.name, labels: "of=informer" });
    await informer.ready();
    await expect.poll(() => watchesSeen()).toBe(before + 1);
    await expect.poll(() => clock.sleepers()).toBe(1);
    proxy.freeze();
    await put("unheard");
    clock.advance(150_000);
    await expect.poll(() => informer.get(namespace.name, "unheard")).toBeDefined();
    await patient.close();
  });

  it("says that the connection ended where a program's end was not heard", async () => {
    const pod = await runPod(direct, namespace.name, "sleeping", "sleep 1000");
    const running = cluster.exec(pod, { argv: ["sleep", "100"], signal: new AbortController().signal });
    setTimeout(() => proxy.cut(), 1_000);
    const ended = await running.catch((error: unknown) => error);
    expect(ended).toEqual({ exitCode: null, message: "The connection ended before the program did." });
  });

  it("is asked no faster than the limit", async () => {
    const slow = await openCluster({
      kubeconfig: proxy.kubeconfig,
      limit: { perSecond: 20, burst: 2 },
      deps: systemDeps,
    });
    const begin = Date.now();
    await Promise.all(Array.from({ length: 12 }, () => slow.read("/version")));
    expect(Date.now() - begin).toBeGreaterThanOrEqual(450);
    await slow.close();
  });
});
