import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const commitOf = (deploy: number) => String(deploy).padStart(40, "0");
const imageServed = async () => {
  const { live } = await yard.pointers();
  const route = yard.table().hosts.get("shop.test")!.routes[0]!;
  const release = (await yard.store.releases.get(production, live!))!;
  const instances = yard
    .table()
    .workloads.get(route.workload)!
    .instances.filter(({ draining }) => !draining);
  return { image: release.snapshot.services[0]!.image, instances: instances.length };
};

describe("a deploy that is killed", () => {
  /** Where the process ends, and which release is live after the next start. */
  it.each([
    ["releases.create", "before", 1],
    ["releases.create", "after", 1],
    ["runtime.ensure", "before", 1],
    ["runtime.ensure", "after", 1],
    ["runtime.scale", "before", 1],
    ["runtime.scale", "after", 1],
    ["releases.promote", "before", 1],
    ["releases.promote", "after", 2],
    ["refs.move", "before", 2],
    ["refs.move", "after", 2],
    ["environments.clearPendingRef", "before", 2],
    ["environments.clearPendingRef", "after", 2],
    ["operations.finish", "before", 2],
  ] as const)(
    "in %s, %s it is done, leaves v%i live, with its ref and nothing half-made",
    async (method, when, live) => {
      const first = await yard.deploy({ web: { image: "one" } });
      expect(first).toMatchObject({ state: "succeeded", version: 1 });
      yard.faults.at(method, when, "hangs");
      const { id } = await yard.begin({ web: { image: "two" } });
      await yard.faults.struck();
      await yard.crash();
      expect(await yard.pointers()).toEqual({ live, desired: live });
      expect(yard.refs.get("main")).toBe(commitOf(live));
      const operation = (await yard.store.operations.get(id))!;
      expect(operation.state).toBe(live === 2 ? "succeeded" : "failed");
      expect(operation.error?.hint ?? "Push again.").toBe("Push again.");
      expect(await yard.store.environments.listPendingRefs()).toEqual([]);
      expect(await yard.store.operations.listRunning()).toEqual([]);
      await yard.until("what is live is served", async () => (await imageServed()).instances === 1);
      await yard.until("only what is live and warm runs", () => yard.runtime.running().length === live);
      const again = await yard.deploy({ web: { image: "three" } });
      expect(again).toMatchObject({ state: "succeeded" });
      expect((await yard.pointers()).live).toBe(again.version);
    },
  );
});

describe("a preview that is being made when the server is killed", () => {
  it.each([
    ["environments.ensure", "before"],
    ["environments.ensure", "after"],
    ["releases.create", "before"],
    ["releases.create", "after"],
    ["runtime.ensure", "before"],
    ["runtime.ensure", "after"],
    ["runtime.scale", "before"],
    ["runtime.scale", "after"],
    ["releases.promote", "before"],
  ] as const)("in %s, %s it is done, leaves nothing", async (method, when) => {
    await yard.deploy({ web: { image: "main" } });
    yard.faults.at(method, when, "hangs");
    const { id } = await yard.begin({ web: { image: "one" } }, "preview");
    await yard.faults.struck();
    await yard.crash();
    await yard.until("it is gone", async () => (await yard.store.environments.get("shop", "preview")) === null);
    await yard.until("nothing of it runs", () => yard.runtime.running().join() === "web: 1");
    await yard.until("all has ended", async () => (await yard.store.operations.listRunning()).length === 0);
    expect(await yard.store.operations.get(id)).toMatchObject({ state: "failed", error: { hint: "Push again." } });
    expect(yard.runtime.known()).toHaveLength(1);
    expect(yard.refs.get("preview") ?? null).toBeNull();
    expect([...yard.table().hosts.keys()]).toEqual(["shop.test"]);
    expect(await yard.deploy({ web: { image: "one" } }, "preview")).toMatchObject({ state: "succeeded", version: 1 });
  });

  it("stays where it was live before", async () => {
    await yard.deploy({ web: { image: "one" } }, "preview");
    yard.faults.at("releases.promote", "before", "hangs");
    await yard.begin({ web: { image: "two" } }, "preview");
    await yard.faults.struck();
    await yard.crash();
    await yard.until("all has ended", async () => (await yard.store.operations.listRunning()).length === 0);
    expect(await yard.pointers("preview")).toEqual({ live: 1, desired: 1 });
  });
});

describe("a removal that is interrupted", () => {
  const preview = { app: "shop", environment: "preview" };

  beforeEach(async () => {
    await yard.deploy({ web: { image: "main" } });
    await yard.deploy({ web: { image: "one" }, worker: { image: "two" } }, "preview");
    await yard.until("both run", () => yard.runtime.running().length === 3);
  });

  async function expectGone() {
    await yard.until("it is gone", async () => (await yard.store.environments.get("shop", "preview")) === null);
    await yard.until("nothing of it runs", () => yard.runtime.running().join() === "web: 1");
    expect(yard.runtime.known()).toHaveLength(1);
    expect(yard.refs.get("preview") ?? null).toBeNull();
    expect([...yard.table().hosts.keys()]).toEqual(["shop.test"]);
  }

  const steps = ["runtime.remove", "refs.move", "environments.delete"] as const;

  it.each([
    ...steps.flatMap((method) => [[method, "before"] as const, [method, "after"] as const]),
    ["operations.finish", "before"] as const,
  ])("in %s, %s it is done, is taken up again at the next start", async (method, when) => {
    yard.faults.at(method, when, "hangs");
    const { operation } = await yard.deployer().removeEnvironment(preview, ada);
    await yard.faults.struck();
    await yard.crash();
    await expectGone();
    await yard.until("its operation has ended", async () => (await yard.store.operations.listRunning()).length === 0);
    expect(await yard.store.operations.get(operation.id)).toMatchObject({ state: "succeeded", error: null });
  });

  it.each(steps.filter((method) => method !== "environments.delete"))(
    "by a failure of %s, fails and leaves it running; the next one removes it",
    async (method) => {
      yard.faults.at(method, "before", { throws: new Error("not now") });
      const failed = await (await yard.deployer().removeEnvironment(preview, ada)).done;
      expect(failed).toMatchObject({ state: "failed", error: { message: "not now" } });
      await yard.until("all of it runs again", () => yard.runtime.running().length === 3);
      await yard.until("it is routed to", () => yard.table().hosts.has("shop--preview.test"));
      const removed = await (await yard.deployer().removeEnvironment(preview, ada)).done;
      expect(removed).toMatchObject({ state: "succeeded" });
      await expectGone();
    },
  );

  it("keeps the app whose environment could not be removed, and says why", async () => {
    yard.faults.at("runtime.remove", "before", { throws: new Error("not now") });
    await expect(yard.deployer().removeApp("shop", ada)).rejects.toThrow("not now");
    expect(await yard.store.apps.get("shop")).not.toBeNull();
    await yard.deployer().removeApp("shop", ada);
    expect(await yard.store.apps.get("shop")).toBeNull();
    expect(yard.runtime.known()).toEqual([]);
    expect(yard.table().hosts.size).toBe(0);
  });
});
