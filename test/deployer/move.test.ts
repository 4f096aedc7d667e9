import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BerthError } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard({ clusters: ["eu", "us"] });
});
afterEach(() => yard.close());

const both = (image: string) => ({ web: { image }, worker: { image: "worker" } });
const runningOn = (cluster: string) => (yard.clusters.get(cluster) ?? yard.runtime).running().join();
const knownOn = (cluster: string) => (yard.clusters.get(cluster) ?? yard.runtime).known().length;
const clusterOf = async (environment = "production") =>
  (await yard.store.environments.get("shop", environment))!.cluster;

/** Instances that requests to production go to, by their ids, which begin with the cluster's name. */
function routed(): string[] {
  const route = yard.table().hosts.get("shop.test")!.routes[0]!;
  const { instances } = yard.table().workloads.get(route.workload)!;
  return instances.filter(({ draining }) => !draining).map(({ id }) => id);
}

/** Does something, moving the clock until it is done. */
async function during<T>(work: Promise<T>, stepMs = 0): Promise<T> {
  let isOver = false;
  const watched = work.finally(() => (isOver = true));
  watched.catch(() => undefined);
  await yard.until("it is over", () => {
    yard.clock.advance(stepMs);
    return isOver;
  });
  return await watched;
}

const move = (cluster: string, environment?: string) => during(yard.move(cluster, environment));
const texts = async (id: string) => (await yard.store.operations.events(id, 0)).map(({ text }) => text);

describe("a move", () => {
  it("brings what is live up on the other cluster, flips, and leaves nothing where it was", async () => {
    await during(yard.deploy(both("one")));
    const before = routed();
    const moved = await move("eu");
    expect(moved).toMatchObject({ kind: "move", state: "succeeded", version: 2 });
    expect(await clusterOf()).toBe("eu");
    expect(runningOn("eu")).toBe("web: 1,worker: 1");
    expect(knownOn("default")).toBe(0);
    expect(routed()).not.toEqual(before);
    expect(routed()[0]).toMatch(/^eu-/);
    expect(await yard.store.releases.get(production, 2)).toMatchObject({ kind: "move", carries: 1, cluster: "eu" });
    expect(await texts(moved.id)).toEqual(
      expect.arrayContaining(["v2 is v1 on eu, from default", "nothing runs on default any more"]),
    );
  });

  it("goes from cluster to cluster, and back to the default one", async () => {
    await during(yard.deploy(both("one")));
    for (const cluster of ["eu", "us", "default"]) {
      expect(await move(cluster)).toMatchObject({ state: "succeeded" });
      for (const other of ["eu", "us", "default"])
        expect(runningOn(other)).toBe(other === cluster ? "web: 1,worker: 1" : "");
    }
    expect(await clusterOf()).toBeNull();
  });

  it("is what the next deploys, scales and rollbacks go to", async () => {
    await during(yard.deploy(both("one")));
    await during(yard.deploy(both("two")));
    await move("eu");
    await during(yard.deploy(both("three")));
    const { done } = await yard
      .deployer()
      .scale({ ...production, services: { web: { min: 2, max: 2 } }, reset: false }, ada);
    await during(done);
    expect(knownOn("default")).toBe(0);
    await during(yard.rollback(1));
    const live = (await yard.store.releases.get(production, (await yard.pointers()).live!))!;
    expect(live).toMatchObject({ kind: "rollback", carries: 1, cluster: "eu" });
    expect(routed().every((id) => id.startsWith("eu-"))).toBe(true);
    expect(knownOn("default")).toBe(0);
  });

  it("takes the scale that holds along", async () => {
    await during(yard.deploy({ web: { image: "one" } }));
    const { done } = await yard
      .deployer()
      .scale({ ...production, services: { web: { min: 3, max: 3 } }, reset: false }, ada);
    await during(done);
    await move("eu");
    expect(runningOn("eu")).toBe("web: 3");
    expect(routed()).toHaveLength(3);
  });

  it("to where it is already says so, and does nothing", async () => {
    await during(yard.deploy(both("one")));
    const stayed = await move("default");
    expect(stayed).toMatchObject({ state: "succeeded", version: null });
    expect(await texts(stayed.id)).toEqual(["v1 is on default already"]);
  });

  it("moves one environment, and leaves the others", async () => {
    await during(yard.deploy(both("one")));
    await during(yard.deploy({ web: { image: "two" } }, "try"));
    await move("eu", "try");
    expect(runningOn("eu")).toBe("web: 1");
    expect(runningOn("default")).toBe("web: 1,worker: 1");
    expect(await clusterOf()).toBeNull();
  });

  it("is refused at once where it cannot be", async () => {
    await expect(yard.move("eu")).rejects.toMatchObject({ code: "environment.not-found" });
    await during(yard.deploy(both("one")));
    await expect(yard.move("asia")).rejects.toMatchObject({ code: "cluster.not-found" });
    expect(await yard.store.operations.list({}, { limit: 10 })).toHaveLength(1);
  });

  it("that does not come up leaves what is live, and nothing on the other cluster", async () => {
    await during(yard.deploy(both("one")));
    const before = routed();
    yard.clusters.get("eu")!.fates.set("web", "starting");
    const { id, done } = await begin("eu");
    await yard.until("it is started there", () => knownOn("eu") > 0);
    yard.clock.advance(60_000);
    expect(await during(done)).toMatchObject({ state: "failed", error: { code: "rollout.failed" } });
    await yard.until("nothing is left there", () => knownOn("eu") === 0);
    expect(routed()).toEqual(before);
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
    expect(await clusterOf()).toBeNull();
    expect((await texts(id)).join()).toContain("v2 is v1 on eu");
  });

  it("whose cluster goes away is given up, with what is live where it was", async () => {
    await during(yard.deploy(both("one")));
    const away = new BerthError("cluster.unreachable", "The cluster does not answer.");
    yard.faults.at("runtime.ensure", "before", { throws: away }, 1_000);
    const { done } = await begin("eu");
    expect(await during(done, 1_000)).toMatchObject({ state: "failed", error: { code: "cluster.unreachable" } });
    yard.faults.clear();
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
    expect(runningOn("default")).toBe("web: 1,worker: 1");
  });

  it("that somebody ends leaves what is live, and nothing on the other cluster", async () => {
    await during(yard.deploy(both("one")));
    yard.clusters.get("eu")!.fates.set("web", "starting");
    const { id, done } = await begin("eu");
    await yard.until("it is started there", () => knownOn("eu") > 0);
    await yard.deployer().cancel(id, ada);
    expect(await during(done)).toMatchObject({ state: "failed", error: { code: "operation.cancelled" } });
    await yard.until("nothing is left there", () => knownOn("eu") === 0);
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
    expect(await clusterOf()).toBeNull();
  });

  it("lets a push wait for it", async () => {
    await during(yard.deploy(both("one")));
    const { done } = await begin("eu");
    const pushed = yard.deploy(both("two"));
    expect(await during(done)).toMatchObject({ state: "succeeded", version: 2 });
    expect(await during(pushed)).toMatchObject({ state: "succeeded", version: 3 });
    expect(routed()[0]).toMatch(/^eu-/);
  });

  async function begin(cluster: string) {
    const { operation, done } = await yard.deployer().move({ ...production, cluster }, ada);
    return { id: operation.id, done };
  }
});

describe("a move that is killed", () => {
  it.each([
    ["releases.create", "before", null],
    ["releases.create", "after", null],
    ["runtime.ensure", "before", null],
    ["runtime.ensure", "after", null],
    ["runtime.scale", "before", null],
    ["runtime.scale", "after", null],
    ["releases.promote", "before", null],
    ["releases.promote", "after", "eu"],
    ["runtime.remove", "before", "eu"],
    ["runtime.remove", "after", "eu"],
    ["operations.finish", "before", "eu"],
  ] as const)("in %s, %s it is done, ends on one cluster with nothing on the other", async (method, when, cluster) => {
    await during(yard.deploy({ web: { image: "one" } }));
    yard.faults.at(method, when, "hangs");
    const { operation } = await yard.deployer().move({ ...production, cluster: "eu" }, ada);
    let isStruck = false;
    void yard.faults.struck().then(() => (isStruck = true));
    await yard.until("it strikes", () => isStruck);
    await yard.crash();
    expect(await clusterOf()).toBe(cluster);
    const [here, elsewhere] = cluster === null ? ["default", "eu"] : ["eu", "default"];
    await yard.until("nothing is left elsewhere", () => knownOn(elsewhere) === 0);
    await yard.until("it is served", () => routed().length === 1 && runningOn(here) === "web: 1");
    expect(routed()[0]!.startsWith("eu-")).toBe(cluster === "eu");
    expect(await yard.store.operations.get(operation.id)).toMatchObject({
      state: cluster === null ? "failed" : "succeeded",
      error: cluster === null ? { hint: "Ask for it again." } : null,
    });
    expect(await move("us")).toMatchObject({ state: "succeeded" });
    expect([knownOn("default"), knownOn("eu"), runningOn("us")]).toEqual([0, 0, "web: 1"]);
  });
});

describe("a cluster that is away at the start", () => {
  beforeEach(async () => {
    await during(yard.deploy({ web: { image: "one" } }, "try"));
    await during(yard.deploy(both("one")));
    await move("eu");
    yard.away.add("eu");
    await yard.crash();
  });

  it("keeps what runs there, and does not hold up what runs elsewhere", async () => {
    await expect(yard.deployer().status(production)).rejects.toMatchObject({ code: "cluster.unreachable" });
    expect(yard.table().unread).toEqual([production]);
    expect(await during(yard.deploy({ web: { image: "two" } }, "try"))).toMatchObject({ state: "succeeded" });
    expect(runningOn("eu")).toBe("web: 1,worker: 1");
    await yard.join("eu");
    await yard.until("it is served again", () => yard.table().hosts.has("shop.test"));
    expect(routed()[0]).toMatch(/^eu-/);
    expect(runningOn("eu")).toBe("web: 1,worker: 1");
  });

  it("is nothing to move to or from", async () => {
    await expect(yard.move("eu", "try")).rejects.toMatchObject({ code: "cluster.unreachable" });
    expect(await during(yard.move("us"))).toMatchObject({ state: "failed", error: { code: "cluster.unreachable" } });
    expect(await yard.pointers()).toEqual({ live: 2, desired: 2 });
    expect(knownOn("us")).toBe(0);
  });

  it("lets go of what has moved away from it meanwhile when it is back", async () => {
    await yard.join("eu");
    await yard.until("it is served again", () => yard.table().hosts.has("shop.test"));
    yard.faults.at("runtime.remove", "before", "hangs");
    void yard.move("us");
    let isStruck = false;
    void yard.faults.struck().then(() => (isStruck = true));
    await yard.until("it strikes", () => isStruck);
    yard.away.add("eu");
    await yard.crash();
    expect(await clusterOf()).toBe("us");
    await yard.until("it is served", () => routed()[0]?.startsWith("us-") ?? false);
    expect(knownOn("eu")).toBeGreaterThan(0);
    await yard.join("eu");
    await yard.until("nothing is left", () => knownOn("eu") === 0);
  });
});
