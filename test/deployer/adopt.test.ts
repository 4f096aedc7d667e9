import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adoption, Drift, HandChange } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const both = (image: string, env: Record<string, string> = {}) => ({
  web: { image, env },
  worker: { image: "worker" },
});

/** Somebody has changed the workload of a service that runs now, and the runtime has put it back. */
async function change(service: string, adoption: Adoption, path = "spec"): Promise<Drift> {
  const { workloads } = await yard.runtime.observe(production);
  const { id } = [...workloads.values()].find((each) => each.service === service && each.replicas > 0)!;
  const field = { path, desired: null, found: "x", manager: "kubectl", setAt: null, adoption };
  const drift = { at: yard.clock.now(), object: `Deployment ${service}-${id}`, workload: id, fields: [field] };
  yard.runtime.drifts.push(drift);
  return drift;
}

const byHand = (service: string, handChange: HandChange, path?: string) =>
  change(service, { change: handChange }, path);
const debug = (value: string): HandChange => ({ kind: "variables", env: { DEBUG: value } });

async function adopt(request: { objects?: string[]; reset?: boolean } = {}) {
  const { done } = await yard.deployer().adopt({ ...production, objects: [], reset: false, ...request }, ada);
  return await done;
}

const lines = async (id: string) =>
  (await yard.store.operations.events(id, 0)).flatMap(({ phase, text, service }) =>
    phase === "release" ? [service === null ? text : `${service} ${text}`] : [],
  );
const release = async (version: number) => (await yard.store.releases.get(production, version))!;
const envOf = async (version: number) => (await release(version)).snapshot.services[0]?.spec.env;

describe("what was changed by hand", () => {
  it("is kept in the next release, through deploys, until berth.yaml says the same", async () => {
    await yard.deploy(both("one"));
    await byHand("web", debug("1"));
    const operation = await adopt();
    expect(operation).toMatchObject({ kind: "adopt", state: "succeeded", version: 2 });
    expect(await lines(operation.id)).toEqual([
      "v2 is v1 with what was changed by hand",
      "web env DEBUG, changed by hand and adopted",
    ]);
    expect(await release(2)).toMatchObject({ kind: "adopt", carries: null, state: "live", origin: { branch: "main" } });
    expect(await envOf(2)).toEqual({ DEBUG: "1" });

    await yard.deploy(both("two"));
    expect(await envOf(3)).toEqual({ DEBUG: "1" });
    const { id } = await yard.deploy(both("three", { DEBUG: "1" }));
    expect(await lines(id)).toContain("web env DEBUG was adopted, and is in berth.yaml now");
    await yard.deploy(both("four"));
    expect(await envOf(5)).toEqual({});
  });

  it("is undone by a rollback, for it is content", async () => {
    await yard.deploy(both("one"));
    const before = yard.runtime.running();
    await byHand("web", debug("1"));
    await adopt();
    expect(await yard.rollback()).toMatchObject({ state: "succeeded", version: 3 });
    expect(await release(3)).toMatchObject({ kind: "rollback", carries: 1 });
    await yard.until("the same runs", () => before.every((each) => yard.runtime.running().includes(each)));
    expect((await release(3)).snapshot).toEqual((await release(1)).snapshot);
  });

  it("is a change of scale where it is one, which a rollback skips", async () => {
    await yard.deploy(both("one"));
    await byHand("web", { kind: "instances", count: 3 });
    await adopt();
    expect(await release(2)).toMatchObject({
      kind: "scale",
      carries: 1,
      snapshot: { scales: { web: { min: 3, max: 3 } } },
    });
    await yard.until("three run", () => yard.runtime.running().includes("web: 3"));
  });

  it("is forgotten on request", async () => {
    await yard.deploy(both("one"));
    await byHand("web", debug("1"));
    await adopt();
    expect(await adopt({ reset: true })).toMatchObject({ state: "succeeded", version: 3 });
    expect((await release(3)).snapshot).toEqual((await release(1)).snapshot);
    expect(await adopt({ reset: true })).toMatchObject({ state: "succeeded", version: null });
  });

  it("is the last of each field, and only of objects that are named", async () => {
    await yard.deploy(both("one"));
    await byHand("web", debug("1"));
    await byHand("web", debug("2"));
    const { object } = await byHand("worker", debug("3"));
    await adopt({ objects: [object.split(" ")[1]!] });
    expect((await release(2)).snapshot.adopted).toEqual({ worker: { env: { DEBUG: "3" } } });
  });

  it("is not kept where it was of another release than what is live", async () => {
    await yard.deploy(both("one"));
    await byHand("web", debug("1"));
    yard.clock.advance(1_000);
    await yard.deploy(both("two"));
    await expect(adopt()).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("since v2 became live"),
    });
  });

  it("is told where berth.yaml has no words for it, and the rest is kept", async () => {
    await yard.deploy(both("one"));
    await change("web", { refusal: "images are built from source: push the change" }, "image");
    await expect(adopt()).rejects.toMatchObject({
      code: "input.invalid",
      details: [expect.stringMatching(/^Deployment web-\w+ image: images are built from source/)],
    });
    await byHand("web", debug("1"));
    const { id } = await adopt();
    expect((await lines(id))[0]).toMatch(/^not kept: Deployment web-\w+ image: images are built/);
  });
});
