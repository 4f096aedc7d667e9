import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { KubeObject } from "../../packages/cluster/src/index.ts";
import { type ClusterBerth, hasCluster, type Pod, startOnCluster } from "../support/cluster.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRegistration } from "../support/registration.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  beforeAll(async () => {
    on = await startOnCluster();
    await register("second", { namespacePrefix: on.prefixes.second });
  }, 60_000);
  afterAll(() => on.stop(), 60_000);

  async function register(name: string, options: { namespacePrefix?: string; quota?: string; server?: string }) {
    const { server, ...others } = options;
    const json = { name, kubeconfig: makeRegistration(on.kubeconfig, server), ...others };
    return await (await on.berth.api().clusters.$post({ json })).json();
  }

  async function deployed(app: string, text: string): Promise<Repository> {
    const files = { "package.json": manifest(app), "server.js": answering(text), "berth.yaml": smallService };
    const repository = await makeRepository(on.berth, app, files);
    onTestFinished(() => repository.remove());
    await repository.deploy();
    return repository;
  }

  async function move(app: string, cluster: string, wait = "60") {
    const route = on.berth.api().apps[":app"].environments[":environment"].move;
    const param = { app, environment: "production" };
    return await (await route.$post({ param, query: { wait }, json: { cluster } })).json();
  }

  const namespaceOf = (app: string, prefix: string) =>
    on.cluster.get<KubeObject>({
      apiVersion: "v1",
      kind: "Namespace",
      namespace: null,
      name: `${prefix}${app}--production`,
    });

  /** How many there are that are not about to end. */
  async function podsOf(app: string, prefix: string): Promise<number> {
    const namespace = `${prefix}${app}--production`;
    const { items } = await on.cluster.list<Pod>({ apiVersion: "v1", kind: "Pod" }, { namespace });
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
  }

  async function clusters() {
    const { items } = await (await on.berth.api().clusters.$get()).json();
    return new Map(items.map((cluster) => [cluster.name, cluster]));
  }

  it("registers a cluster that answers, and tells how it is and what is on it", async () => {
    const all = await clusters();
    expect([...all.keys()].slice(0, 2)).toEqual(["default", "second"]);
    expect(all.get("second")).toMatchObject({
      isReachable: true,
      problem: null,
      version: expect.stringMatching(/^1\.\d+/),
      namespacePrefix: on.prefixes.second,
    });
    expect(JSON.stringify([...all.values()])).not.toContain("token");
  });

  it("moves what is live there and back, and deploys and goes back there, without a failed request", async () => {
    const { own, second } = on.prefixes;
    const repository = await deployed("pod-moves", "one");
    const traffic = startTraffic(on.berth, "pod-moves.localhost");
    expect(await move("pod-moves", "second")).toMatchObject({ kind: "move", state: "succeeded", version: 2 });
    expect([await podsOf("pod-moves", own), await podsOf("pod-moves", second)]).toEqual([0, 1]);
    expect((await clusters()).get("second")?.environments).toEqual(["pod-moves/production"]);
    repository.write({ "server.js": answering("two") });
    await repository.commit("Say two");
    await repository.deploy();
    expect(await on.berth.rollback("pod-moves")).toMatchObject({ state: "succeeded" });
    expect((await on.berth.get("pod-moves.localhost")).body).toBe("one");
    expect(await podsOf("pod-moves", own)).toBe(0);
    expect(await move("pod-moves", "second")).toMatchObject({ state: "succeeded", version: null });
    await until("its namespace is gone", async () => (await namespaceOf("pod-moves", own)) === null, 60_000);
    expect(await move("pod-moves", "default")).toMatchObject({ state: "succeeded" });
    expect(await podsOf("pod-moves", own)).toBeGreaterThan(0);
    expect(await traffic.stop()).toEqual([]);
    expect(traffic.seen()).toEqual(["one", "two"]);
    expect(traffic.count()).toBeGreaterThan(100);
    await until("its namespace is gone", async () => (await namespaceOf("pod-moves", second)) === null, 60_000);
    const lines = await Array.fromAsync(on.berth.logs({ app: "pod-moves", tail: 5, follow: false }));
    expect(lines.length).toBeGreaterThan(0);
  }, 240_000);

  it("leaves what is live where the other cluster does not take it, and nothing there", async () => {
    const prefix = `q${on.prefixes.second.slice(1)}`;
    const own = { apiVersion: "v1", kind: "Namespace", namespace: null, name: `${prefix}system` };
    onTestFinished(async () => void (await on.cluster.remove(own)));
    await register("small", { namespacePrefix: prefix, quota: "cpu=5m" });
    await deployed("pod-stays", "here");
    const traffic = startTraffic(on.berth, "pod-stays.localhost");
    const refused = await move("pod-stays", "small");
    expect(refused).toMatchObject({ state: "failed", error: { code: "rollout.failed" } });
    expect(refused.error?.message).toContain("quota");
    expect(await traffic.stop()).toEqual([]);
    expect((await on.berth.status("pod-stays")).live).toBe(1);
    await until("nothing is left there", async () => (await namespaceOf("pod-stays", prefix)) === null, 60_000);
    expect(await (await on.berth.api().clusters[":name"].$delete({ param: { name: "small" } })).json()).toEqual({
      leftover: null,
    });
  }, 120_000);

  it("refuses a cluster that does not answer, is known already, or is used", async () => {
    await deployed("pod-used", "here");
    const away = register("away", { namespacePrefix: "x-", server: "https://127.0.0.1:9" });
    await expect(away).rejects.toMatchObject({ code: "cluster.unreachable" });
    await expect(register("again", {})).rejects.toMatchObject({ code: "cluster.unfit" });
    await expect(move("pod-used", "away")).rejects.toMatchObject({ code: "cluster.not-found" });
    await move("pod-used", "second");
    const forgotten = on.berth.api().clusters[":name"].$delete({ param: { name: "second" } });
    await expect(forgotten).rejects.toMatchObject({ code: "cluster.in-use" });
  }, 120_000);

  it("killed while it moves something, is on one cluster after its next start, with nothing on the other", async () => {
    const { own, second } = on.prefixes;
    await deployed("pod-killed", "here");
    for (const pauseMs of [0, 600, 1_400, 2_500]) {
      const from = (await clusters()).get("second")!.environments.includes("pod-killed/production");
      await move("pod-killed", from ? "default" : "second", "0");
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await on.berth.kill();
      await on.berth.restart();
      expect((await on.berth.get("pod-killed.localhost")).body).toBe("here");
      const isThere = (await clusters()).get("second")!.environments.includes("pod-killed/production");
      const [here, elsewhere] = isThere ? [second, own] : [own, second];
      await until("nothing runs elsewhere", async () => (await podsOf("pod-killed", elsewhere)) === 0);
      expect(await podsOf("pod-killed", here)).toBe(1);
    }
    const isThere = (await clusters()).get("second")!.environments.includes("pod-killed/production");
    const elsewhere = isThere ? own : second;
    await until("no namespace is left", async () => (await namespaceOf("pod-killed", elsewhere)) === null, 60_000);
  }, 240_000);
});
