import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigChange, Operation } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;
beforeEach(async () => void (yard = await makeYard()));
afterEach(() => yard.close());

const sleepy = { min: 0, max: 1, idleMs: 60_000 };

async function until(what: string, done: Promise<unknown>) {
  let isOver = false;
  void done.finally(() => (isOver = true));
  await yard.until(what, () => isOver);
}

async function deploy(contents: Parameters<Yard["begin"]>[0], environment = "production") {
  const { done } = await yard.begin(contents, environment);
  await until("it is deployed", done);
  return await done;
}

async function change(parts: Partial<ConfigChange>) {
  const asked = { app: "shop", scope: "production", service: null, set: {}, unset: [], release: true, ...parts };
  const changed = await yard.deployer().config.change(asked, ada);
  for (const { operation } of changed.environments) if (operation !== null) await ended(operation);
  return changed;
}

async function ended({ id }: Operation): Promise<Operation> {
  let operation: Operation | null = null;
  await yard.until("it has ended", async () => {
    operation = await yard.store.operations.get(id);
    return operation?.state !== "running";
  });
  return operation!;
}

/** What the instances of an environment's live release find in a variable, by service. */
async function found(key: string, environment = "production"): Promise<Record<string, string | undefined>> {
  const status = await yard.deployer().status({ app: "shop", environment });
  return Object.fromEntries(status.services.map(({ name, workload }) => [name, yard.runtime.variables(workload)[key]]));
}

async function lines(operation: Operation): Promise<string[]> {
  return (await yard.store.operations.events(operation.id, 0)).map(({ text }) => text);
}

async function rollback() {
  const { done } = await yard.deployer().rollback({ ...production, version: null }, ada);
  await until("it is back", done);
  return await done;
}

describe("config", () => {
  it("becomes a release of what is live, of which only the services with other variables restart", async () => {
    await deploy({ web: { image: "a" }, api: { image: "b", routes: ["/api"] } });
    const { environments } = await change({ set: { KEY: "one" }, service: "web" });
    expect(environments).toMatchObject([{ environment: "production", restarts: ["web"], takesEffect: true }]);
    expect(await found("KEY")).toEqual({ web: "one", api: undefined });
    const release = await yard.store.releases.get(production, 2);
    expect(release).toMatchObject({ kind: "config", carries: null, state: "live", snapshot: { decided: ["KEY"] } });
    expect(JSON.stringify(release)).not.toContain('"one"');
    expect(await lines(environments[0]!.operation!)).toContain("v2 is v1 with other config: web restarts");
  });

  it("makes no release where nothing restarts", async () => {
    await deploy({ web: { image: "a" } });
    await change({ set: { KEY: "one" } });
    const same = await change({ set: { KEY: "one" } });
    expect(same.environments).toMatchObject([{ restarts: [], operation: null, takesEffect: true }]);
    const wider = await change({ scope: "all", set: { KEY: "two" } });
    expect(wider.environments).toMatchObject([{ restarts: [], operation: null, takesEffect: false }]);
    const nobody = await change({ set: { KEY: "three" }, service: "wbe" });
    expect(nobody.environments).toMatchObject([{ restarts: [], operation: null, lacksService: true }]);
    expect(await yard.pointers()).toEqual({ live: 2, desired: 2 });
  });

  it("waits for the next deploy where it is to", async () => {
    await deploy({ web: { image: "a" } });
    expect(await change({ set: { KEY: "one" }, release: false })).toEqual({ environments: [], later: ["production"] });
    expect(await found("KEY")).toEqual({ web: undefined });
    await deploy({ web: { image: "b" } });
    expect(await found("KEY")).toEqual({ web: "one" });
  });

  it("of production is not seen by previews", async () => {
    await deploy({ web: { image: "a" } });
    await deploy({ web: { image: "a" } }, "feature");
    await change({ set: { KEY: "secret" } });
    await deploy({ web: { image: "b" } }, "feature");
    expect(await found("KEY", "feature")).toEqual({ web: undefined });
    await change({ scope: "previews", set: { KEY: "test" } });
    expect(await found("KEY", "feature")).toEqual({ web: "test" });
    expect(await found("KEY")).toEqual({ web: "secret" });
  });

  it("is undone by a rollback, and the next deploy does not bring back what was rolled back", async () => {
    await deploy({ web: { image: "a" } });
    await change({ set: { KEY: "good" } });
    await change({ set: { KEY: "bad", NEW: "bad" } });
    const back = await rollback();
    expect(back.state).toBe("succeeded");
    expect([await found("KEY"), await found("NEW")]).toEqual([{ web: "good" }, { web: undefined }]);
    expect((await yard.deployer().config.list("shop")).held).toEqual(
      [
        { ...production, app: undefined, service: "web", key: "KEY", isUnset: false },
        { ...production, app: undefined, service: "web", key: "NEW", isUnset: true },
      ].map(({ app: _, ...held }) => held),
    );
    const next = await deploy({ web: { image: "b" } });
    expect([await found("KEY"), await found("NEW")]).toEqual([{ web: "good" }, { web: undefined }]);
    expect((await lines(next)).filter((line) => line.includes("rolled back"))).toHaveLength(2);
    await change({ set: { KEY: "better" } });
    expect([await found("KEY"), await found("NEW")]).toEqual([{ web: "better" }, { web: undefined }]);
    expect((await yard.deployer().config.list("shop")).held.map(({ key }) => key)).toEqual(["NEW"]);
    await change({ unset: ["NEW"] });
    expect((await yard.deployer().config.list("shop")).held.map(({ key }) => key)).toEqual(["NEW"]);
    await deploy({ web: { image: "c" } });
    expect((await yard.deployer().config.list("shop")).held).toEqual([]);
  });

  it("keeps what was unset and rolled back, until it is unset once more", async () => {
    await deploy({ web: { image: "a" } });
    await change({ set: { KEY: "needed" } });
    await change({ unset: ["KEY"] });
    expect(await found("KEY")).toEqual({ web: undefined });
    await rollback();
    await deploy({ web: { image: "b" } });
    expect(await found("KEY")).toEqual({ web: "needed" });
    await change({ unset: ["KEY"] });
    expect(await found("KEY")).toEqual({ web: undefined });
    await expect(change({ unset: ["KEY"] })).rejects.toMatchObject({ code: "not-found" });
  });

  it("draws what is to be generated once for an environment", async () => {
    const rules = { SESSION: { generate: 32, isShared: true } };
    const contents = { web: { image: "a", rules }, api: { image: "b", rules, routes: ["/api"] } };
    await deploy(contents);
    const first = await found("SESSION");
    expect(first["web"]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first["api"]).toBe(first["web"]);
    await deploy({ ...contents, web: { image: "c", rules } });
    expect(await found("SESSION")).toEqual(first);
    await deploy(contents, "feature");
    expect((await found("SESSION", "feature"))["web"]).not.toBe(first["web"]);
    await change({ unset: ["SESSION"] });
    expect((await found("SESSION"))["web"]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await found("SESSION"))["web"]).not.toBe(first["web"]);
  });

  it("that is missing stops a deploy before anything is built", async () => {
    const rules = {
      KEY: { required: true, pattern: "^sk_", description: "of Stripe", at: "env.KEY, line 3, column 5" },
    };
    const failed = await deploy({ web: { image: "a", rules } });
    expect(failed.error).toMatchObject({
      code: "config.missing",
      message: "KEY (of Stripe) is not set for production.",
      hint: "Run: berth config set KEY=… --env production.",
    });
    expect(yard.images.size).toBe(0);
    await change({ set: { KEY: "pk_1" } });
    expect((await deploy({ web: { image: "a", rules } })).error).toMatchObject({
      message: "KEY (of Stripe) has a value for production that does not match ^sk_.",
    });
    await change({ set: { KEY: "sk_1" } });
    expect((await deploy({ web: { image: "a", rules } })).state).toBe("succeeded");
    await expect(change({ unset: ["KEY"] })).rejects.toMatchObject({
      code: "config.missing",
      message: "What is live in production needs KEY, which would not be set any more.",
    });
    await expect(change({ set: { KEY: "hunter2" } })).rejects.toMatchObject({
      code: "config.missing",
      message: expect.not.stringContaining("hunter2"),
      hint: "Nothing was changed. Give it a value in which ^sk_ is found.",
    });
    expect(await found("KEY")).toEqual({ web: "sk_1" });
    expect((await yard.deployer().config.list("shop")).items).toHaveLength(1);
  });

  it("says of a deploy that is stopped by what a rollback brought back that it did, and each problem once", async () => {
    const rules = { KEY: { required: true, pattern: "^sk_" } };
    const both = { web: { image: "a" }, api: { image: "b", routes: ["/api"] } };
    await deploy(both);
    await change({ set: { KEY: "pk_1" } });
    await change({ set: { KEY: "sk_1" } });
    await rollback();
    const failed = await deploy({ web: { image: "c", rules }, api: { image: "d", routes: ["/api"], rules } });
    expect(failed.error).toMatchObject({
      message: "KEY has a value for production that does not match ^sk_.",
      hint: "A rollback brought that back, whatever was stored since; setting it anew decides. Run: berth config set KEY=… --env production.",
    });
    expect((await lines(failed)).filter((line) => line.startsWith("web: "))).toEqual([]);
  });

  it("refers to other variables and to neighbours, and what leads nowhere is refused", async () => {
    const env = { URL: "postgres://${USER}:${PASSWORD}@db", API: "${services.api.url}/v1" };
    const contents = { web: { image: "a", env }, api: { image: "b", routes: ["/api"] } };
    expect((await deploy(contents)).error).toMatchObject({ code: "config.invalid" });
    await change({ set: { USER: "shop", PASSWORD: "x" } });
    expect((await deploy(contents)).state).toBe("succeeded");
    expect((await found("URL"))["web"]).toBe("postgres://shop:x@db");
    expect((await found("API"))["web"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    const { environments } = await change({ set: { PASSWORD: "y" } });
    expect(environments[0]?.restarts).toEqual(["web", "api"]);
    expect((await found("URL"))["web"]).toBe("postgres://shop:y@db");
    await expect(change({ unset: ["PASSWORD"] })).rejects.toMatchObject({ code: "config.invalid" });
    await expect(change({ set: { PASSWORD: "a${b}" } })).rejects.toMatchObject({ code: "config.invalid" });
    expect((await found("URL"))["web"]).toBe("postgres://shop:y@db");
  });

  it("starts nothing of what sleeps, however many there are", async () => {
    const names = Array.from({ length: 5 }, (_, index) => `feature-${index}`);
    for (const name of names) await deploy({ web: { image: "a", scale: sleepy } }, name);
    yard.clock.advance(120_000);
    for (const environment of names)
      await yard.until("it sleeps", async () => {
        const { services } = await yard.deployer().status({ app: "shop", environment });
        return services.every(({ instances }) => instances.length === 0);
      });
    const { environments } = await change({ scope: "previews", set: { KEY: "one" } });
    expect(environments).toHaveLength(5);
    for (const environment of names) {
      const { services, live } = await yard.deployer().status({ app: "shop", environment });
      expect({ live, instances: services.flatMap(({ instances }) => instances) }).toEqual({ live: 2, instances: [] });
    }
    const woken = { app: "shop", environment: names[0]!, service: null };
    void yard.deployer().wakeServices(woken, ada);
    await yard.until("it is awake", async () => (await found("KEY", names[0])).web === "one");
  });

  it("stays as it is through a change of scale, and goes back with its release", async () => {
    await deploy({ web: { image: "a" } });
    await change({ set: { KEY: "one" } });
    await change({ set: { KEY: "two" }, release: false });
    const scaled = await yard
      .deployer()
      .scale({ ...production, reset: false, services: { web: { min: 2, max: 2 } } }, ada);
    await until("it is scaled", scaled.done);
    expect(await found("KEY")).toEqual({ web: "one" });
    await deploy({ web: { image: "a" } });
    expect(await found("KEY")).toEqual({ web: "two" });
  });

  it("is compared without values", async () => {
    await deploy({ web: { image: "a", env: { LEVEL: "info" } } });
    await deploy({ web: { image: "a", env: { LEVEL: "debug" } } }, "feature");
    await change({ scope: "all", set: { SAME: "x" } });
    await change({ set: { KEY: "one" } });
    await change({ set: { LATER: "x" }, release: false });
    const stored = await yard.deployer().config.compare(production, null);
    expect(stored.items.filter(({ state }) => state !== "equal")).toEqual([
      { service: "web", key: "LATER", state: "left" },
    ]);
    const { items } = await yard.deployer().config.compare(production, "feature");
    expect(items.map(({ key, state }) => [key, state])).toEqual([
      ["KEY", "left"],
      ["LEVEL", "different"],
      ["SAME", "equal"],
    ]);
  });

  it("comes from where a promotion goes to, and is part of what a deploy tells beforehand", async () => {
    const rules = { KEY: { required: true } };
    await change({ scope: "staging", set: { KEY: "of staging" } });
    await deploy({ web: { image: "a", rules } }, "staging");
    const promotion = { ...production, from: "staging", version: null };
    const promote = async () => {
      const { done } = await yard.deployer().promote(promotion, ada);
      await until("it is promoted", done);
      return await done;
    };
    expect((await promote()).error).toMatchObject({ code: "config.missing" });
    await change({ set: { KEY: "of production" } });
    expect((await promote()).state).toBe("succeeded");
    expect(await found("KEY")).toEqual({ web: "of production" });
    await change({ set: { KEY: "another", NEW: "x" }, release: false });
    const told = await lines(await deploy({ web: { image: "a", rules } }));
    expect(told).toContainEqual(expect.stringContaining("+ env NEW"));
    expect(told).toContainEqual(expect.stringContaining("env KEY has another value"));
  });

  it("is shown to who may see it, and that is kept", async () => {
    await deploy({ web: { image: "a" } });
    await change({ set: { KEY: "hunter2", OTHER: "x" } });
    const shown = await yard.deployer().config.reveal({ app: "shop", scope: null, keys: ["KEY"] }, ada);
    expect(shown).toMatchObject([{ key: "KEY", scope: "production", value: "hunter2" }]);
    const [entry] = await yard.store.audit.list({ app: "shop" }, { limit: 1 });
    expect(entry).toMatchObject({ person: "ada", action: "config.reveal", detail: "KEY of production" });
    await expect(yard.deployer().config.reveal({ app: "shop", scope: null, keys: ["NOT"] }, ada)).rejects.toMatchObject(
      { code: "not-found" },
    );
  });

  it("is whole after a crash, and values of releases that are gone go", async () => {
    await deploy({ web: { image: "a" } });
    await change({ set: { KEY: "one" } });
    await yard.crash();
    expect(await found("KEY")).toEqual({ web: "one" });
    await change({ set: { KEY: "two" } });
    for (let count = 0; count < 22; count += 1) await deploy({ web: { image: `b${count}` } });
    await yard.deployer().prune();
    const { value } = (await yard.deployer().config.list("shop")).items[0]!;
    const all = await Promise.all(
      (await yard.store.releases.list(production, { limit: 100 })).map(
        ({ snapshot }) => snapshot.config?.["web"]?.["KEY"],
      ),
    );
    expect(new Set(all)).toEqual(new Set([value]));
  });

  it.each([
    [{ "A-B": "x" }, '"A-B" is no name of a variable: letters, digits and _ alone.'],
    [{ BERTH_APP: "x" }, "BERTH_APP is Berth's own: names that begin with BERTH_ are not set."],
    [{ A: "x\0" }, "The value of A has a NUL character, which no variable can hold."],
    [{ A: "x".repeat(65_537) }, "The value of A has 65537 bytes; 65536 fit."],
  ])("that no variable can hold is refused", async (set, message) => {
    await expect(change({ set: { ...set } as Record<string, string> })).rejects.toMatchObject({
      code: "input.invalid",
      message,
    });
  });
});
