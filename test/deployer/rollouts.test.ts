import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BerthError } from "../../packages/core/src/index.ts";
import { makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const web = (image: string, spec = {}) => ({ web: { image, ...spec } });

describe("a rollout", () => {
  it("goes on after a conflict at its promotion", async () => {
    yard.faults.at("releases.promote", "before", { throws: new BerthError("conflict", "Someone was quicker.") });
    const { done } = await yard.begin(web("one"));
    await yard.faults.struck();
    await yard.until("it is live", async () => (await yard.pointers()).live === 1);
    expect(await done).toMatchObject({ state: "succeeded", version: 1 });
  });

  it("is live though its ref cannot move yet, and the ref follows", async () => {
    await yard.deploy(web("one"));
    yard.faults.at("refs.move", "before", { throws: new Error("the repository is locked") });
    expect(await yard.deploy(web("two"))).toMatchObject({ state: "succeeded" });
    expect((await yard.store.environments.get("shop", "production"))!.pendingRef).not.toBeNull();
    await yard.until("the ref follows", () => yard.refs.get("main") === "2".padStart(40, "0"));
    expect(await yard.store.environments.listPendingRefs()).toEqual([]);
  });

  it.each(["runtime.ensure", "runtime.scale"])("is given up with the reason where %s fails", async (method) => {
    await yard.deploy(web("one"));
    yard.faults.at(method, "before", {
      throws: new BerthError("disk.full", "The disk is full.", { hint: "Free some." }),
    });
    const failed = await yard.deploy(web("two"));
    expect(failed).toMatchObject({ state: "failed", error: { code: "disk.full", hint: "Free some." } });
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
  });

  it("puts the images of what went live outside under its tags, also of a rollback", async () => {
    await yard.deploy(web("one"));
    await yard.deploy(web("two"));
    yard.faults.at("runtime.ensure", "before", { throws: new BerthError("disk.full", "The disk is full.") });
    expect(await yard.deploy(web("three"))).toMatchObject({ state: "failed" });
    await yard.rollback(1);
    expect(yard.published).toEqual([1, 2, 4]);
  });

  it("waits for a runtime that is away for a moment", async () => {
    yard.faults.at("runtime.scale", "before", { throws: new BerthError("keeper.unreachable", "It is away.") });
    const { done } = await yard.begin(web("one"));
    await yard.faults.struck();
    await yard.until("it is live", async () => (await yard.pointers()).live === 1);
    expect(await done).toMatchObject({ state: "succeeded" });
  });

  it("goes live though a service of the release before it cannot be started any more", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.known().forEach((id) => void yard.runtime.remove(id));
    yard.faults.at("runtime.ensure", "before", { throws: new Error("its image is damaged") });
    expect(await yard.deploy(web("two"))).toMatchObject({ state: "succeeded", version: 2 });
  });

  it("that is live and cannot be run any more says why, in its status and to those who ask, until it can", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.faults.at(
      "runtime.ensure",
      "before",
      { throws: new BerthError("image.unfit", "It has no base.", { hint: "Run `berth rebuild`." }) },
      Infinity,
    );
    yard.runtime.known().forEach((id) => void yard.runtime.remove(id));
    const fault = async () => (await yard.deployer().status(production)).services[0]!.fault;
    await yard.until("it is told", async () => (await fault()) !== null);
    expect(await fault()).toMatchObject({ message: "It has no base.", hint: "Run `berth rebuild`." });
    expect([...yard.table().workloads.values()]).toMatchObject([{ state: "failed", reason: "It has no base." }]);
    yard.faults.clear();
    await yard.until("it runs", async () => {
      yard.clock.advance(1_000);
      return [...yard.table().workloads.values()][0]?.state === "running";
    });
    expect(await fault()).toBeNull();
  });

  it("whose end cannot be written is refused after a while, and does not become live behind its pusher's back", async () => {
    await yard.deploy(web("one"));
    yard.faults.at(
      "releases.promote",
      "before",
      { throws: new BerthError("disk.full", "The disk is full.") },
      Infinity,
    );
    const { id, done } = await yard.begin(web("two"));
    await yard.until("it is refused", async () => {
      yard.clock.advance(1_000);
      return (await yard.store.operations.get(id))!.state === "failed";
    });
    expect(await done).toMatchObject({ state: "failed", error: { code: "disk.full" } });
    yard.faults.clear();
    await yard.until("it is given up", async () => (await yard.pointers()).desired === 1);
    expect((await yard.store.releases.get(production, 2))!.state).toBe("failed");
    expect(await yard.deploy(web("three"))).toMatchObject({ state: "succeeded", version: 3 });
  });

  it("is not taken for live where the store cannot be read for a moment", async () => {
    await yard.deploy(web("one"));
    yard.runtime.fates.set("web", "starting");
    yard.faults.at("releases.superseded", "before", { throws: new Error("busy") });
    const { id, done } = await yard.begin(web("two"));
    await yard.faults.struck();
    await yard.until("it is started", () => yard.runtime.running().length === 2);
    expect(await yard.store.operations.get(id)).toMatchObject({ state: "running" });
    yard.runtime.turn("web", "ready");
    expect(await done).toMatchObject({ state: "succeeded" });
    expect(await yard.pointers()).toEqual({ live: 2, desired: 2 });
  });

  it("that never becomes ready is given up in its time, with the last lines", async () => {
    await yard.deploy(web("one"));
    yard.runtime.fates.set("web", "starting");
    const { done } = await yard.begin(web("two"));
    await yard.until("it is started", () => yard.runtime.running().length === 2);
    yard.clock.advance(10_000);
    expect(await done).toMatchObject({
      state: "failed",
      error: { code: "rollout.failed", message: "web did not come up: it is told to be so.", lines: ["the last line"] },
    });
    await yard.until("only what is live runs", () => yard.runtime.running().join() === "web: 1");
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
  });

  it("says what it waits for while its runtime is away, and that it goes on", async () => {
    const away = new BerthError("cluster.unreachable", "It does not answer.", { hint: "Look at it." });
    yard.faults.at("runtime.scale", "before", { throws: away });
    const { id, done } = await yard.begin(web("one"));
    await yard.faults.struck();
    await yard.until("it is live", async () => (await yard.pointers()).live === 1);
    await done;
    const texts = (await yard.store.operations.events(id, -1)).map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(["waiting: It does not answer. Look at it.", "going on"]));
  });

  it("makes room for a newer deploy of the same person, and leaves nothing", async () => {
    await yard.deploy(web("one"));
    yard.runtime.fates.set("web", "starting");
    const older = await yard.begin(web("two"));
    await yard.until("it is started", () => yard.runtime.running().length === 2);
    yard.runtime.fates.set("web", "ready");
    const newer = await yard.begin(web("three"));
    expect(await older.done).toMatchObject({ state: "failed", error: { code: "superseded" } });
    expect(await newer.done).toMatchObject({ state: "succeeded", version: 3 });
    await yard.until("only what is live and warm runs", () => yard.runtime.running().length === 2);
    expect(await yard.pointers()).toEqual({ live: 3, desired: 3 });
    expect((await yard.store.releases.get(production, 2))!.state).toBe("failed");
  });

  it("is given up when the server stops, and what was live still is", async () => {
    await yard.deploy(web("one"));
    yard.runtime.fates.set("web", "starting");
    const { done } = await yard.begin(web("two"));
    await yard.until("it is started", () => yard.runtime.running().length === 2);
    await yard.deployer().stop();
    expect(await done).toMatchObject({ state: "failed", error: { code: "superseded", hint: "Push again." } });
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
  });

  it("lets its services reach each other before it is live", async () => {
    yard.runtime.fates.set("web", "starting");
    const { done } = await yard.begin({ web: { image: "w" }, api: { image: "a", routes: ["/api"] } });
    const api = () => [...yard.table().neighbours.values()].find(({ service }) => service === "api");
    await yard.until("api is reached", () => {
      const workload = api()?.workload;
      return typeof workload === "string" && yard.table().workloads.get(workload)?.state === "running";
    });
    expect(yard.table().hosts.get("shop.test")!.routes).toEqual([]);
    yard.runtime.turn("web", "ready");
    expect(await done).toMatchObject({ state: "succeeded" });
  });
});

describe("an operation whose end cannot be written", () => {
  it("is told to who waits, and written once it can be", async () => {
    const full = new BerthError("disk.full", "The disk is full.");
    yard.faults.at("operations.finish", "before", { throws: full });
    const operation = await yard.deploy(web("one"));
    expect(operation).toMatchObject({ state: "succeeded", version: 1, url: "http://shop.test/production" });
    expect(await yard.store.operations.listRunning()).toHaveLength(1);
    await yard.until("it is written", async () => (await yard.store.operations.listRunning()).length === 0);
    expect(await yard.store.operations.get(operation.id)).toMatchObject({ state: "succeeded" });
  });

  it("keeps the lines that could not be written", async () => {
    yard.faults.at("operations.append", "before", { throws: new Error("the disk is full") });
    const { id } = await yard.deploy(web("one"));
    const texts = (await yard.store.operations.events(id, 0)).map(({ text }) => text);
    expect(texts).toContain("v1");
    expect((await yard.store.operations.events(id, 0))[0]!.phase).toBe("detect");
  });
});

describe("a rollback", () => {
  const carried = async (version?: number) => {
    const operation = await yard.rollback(version);
    expect(operation).toMatchObject({ state: "succeeded", error: null });
    return (await yard.store.releases.get(production, operation.version!))!.carries;
  };

  it("goes further back each time, and says when there is nothing before", async () => {
    for (const image of ["one", "two", "three"]) await yard.deploy(web(image));
    expect(await carried()).toBe(2);
    expect(await carried()).toBe(1);
    await expect(yard.rollback()).rejects.toThrow("no earlier release");
    expect(await carried(3)).toBe(3);
    expect(await carried()).toBe(2);
  });

  it("of a deploy after a rollback goes back to what that rollback restored, not to what it left", async () => {
    await yard.deploy(web("good"));
    await yard.deploy(web("bad"));
    expect(await carried()).toBe(1);
    await yard.deploy(web("worse"));
    expect(await carried()).toBe(1);
  });

  it("passes over releases that never were live", async () => {
    await yard.deploy(web("one"));
    yard.runtime.fates.set("web", "exited");
    yard.faults.at("runtime.ensure", "before", { throws: new Error("no") });
    expect(await yard.deploy(web("two"))).toMatchObject({ state: "failed" });
    yard.runtime.fates.clear();
    await yard.deploy(web("three"));
    await expect(yard.rollback(2)).rejects.toThrow(/v2 never became live: no/);
    expect(await carried()).toBe(1);
  });

  it("refuses what is live, what is not there, and what has lost its image", async () => {
    await yard.deploy(web("one"));
    await yard.deploy(web("two"));
    await expect(yard.rollback(2)).rejects.toThrow("v2 is live already");
    await expect(yard.rollback(9)).rejects.toThrow("no release v9");
    yard.images.clear();
    await expect(yard.rollback(1)).rejects.toThrow("The image of web in v1 is gone");
  });

  it("to what is still warm flips to the instance that runs", async () => {
    await yard.deploy(web("one"));
    const before = yard.runtime.known();
    await yard.deploy(web("two"));
    expect(yard.runtime.running()).toEqual(["web: 1", "web: 1"]);
    const instances = yard.runtime.endpoints(before[0]!);
    await yard.rollback();
    expect(yard.runtime.endpoints(before[0]!)).toEqual(instances);
    expect(yard.table().hosts.get("shop.test")!.routes[0]!.workload).toBe(before[0]);
  });

  it("moves the branch to the commit that it restores", async () => {
    await yard.deploy(web("one"));
    await yard.deploy(web("two"));
    await yard.rollback();
    expect(yard.refs.get("main")).toBe("1".padStart(40, "0"));
  });
});
