import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IdentifiedWorkload, Scope } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

/** Something that another store has made: it runs, and nothing here names it. */
async function runStray(id: string, { app, environment }: Scope = production): Promise<void> {
  const workload: IdentifiedWorkload = {
    id,
    app,
    environment,
    service: "web",
    kind: "service",
    image: "sha256:0",
    command: { argv: ["true"] },
    env: {},
    resources: { cpuMillis: 1, memoryBytes: 1 },
    health: { path: "/", timeoutMs: 1_000 },
    stopGraceMs: 1_000,
  };
  await yard.runtime.ensure(workload);
  await yard.runtime.scale(id, 2);
}

const unknown = async () => (await yard.deployer().unknown()).map(({ workload }) => workload);
const one = { web: { image: "one" } };

describe("what runs and no release has made", () => {
  it("is left alone and told, in an environment of this store and in one that it has not", async () => {
    await yard.deploy(one);
    await runStray("stray");
    await runStray("other", { app: "gone", environment: "production" });
    await yard.crash();
    await yard.until("both are told", async () => (await unknown()).length === 2);
    await yard.deploy({ web: { image: "two" } });
    expect(await yard.deployer().unknown()).toEqual([
      { app: "gone", environment: "production", service: "web", workload: "other", replicas: 2 },
      { ...production, service: "web", workload: "stray", replicas: 2 },
    ]);
    expect(yard.runtime.known()).toEqual(expect.arrayContaining(["stray", "other"]));
  });

  it("is removed on request, and nothing else by that way", async () => {
    await yard.deploy(one);
    const [own] = yard.runtime.known();
    await runStray("stray");
    await yard.until("it is told", async () => (await unknown()).length === 1);
    await expect(yard.deployer().removeUnknown(["stray", own!], ada)).rejects.toMatchObject({ code: "not-found" });
    expect(yard.runtime.known()).toContain("stray");
    await yard.deployer().removeUnknown(["stray"], ada);
    expect(yard.runtime.known()).toEqual([own]);
    expect((await yard.store.audit.list({}, { limit: 1 }))[0]).toMatchObject({
      person: "ada",
      action: "workload.remove",
      app: "shop",
    });
  });

  it("is not what a release has made that is gone from the history: that is removed", async () => {
    for (let index = 0; index < 25; index++) await yard.deploy({ web: { image: `number ${index}` } });
    const before = yard.runtime.known().length;
    yard.clock.advance(3_600_000);
    await yard.deployer().prune();
    await yard.until("those beyond the kept releases are gone", () => yard.runtime.known().length < before);
    expect(await unknown()).toEqual([]);
    expect((await yard.store.workloads.list(production)).toSorted()).toEqual(yard.runtime.known().toSorted());
  });

  it("goes with its environment when that is deleted", async () => {
    await yard.deploy(one);
    await runStray("stray");
    await (
      await yard.deployer().removeEnvironment(production, ada)
    ).done;
    expect(yard.runtime.known()).toEqual([]);
  });
});
