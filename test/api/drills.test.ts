import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Drill } from "../../packages/core/src/index.ts";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness, shop } from "./harness.ts";

const answer = { status: 200, durationMs: 9, bytes: 1_204, failure: null };
const result: Drill = {
  ...shop,
  operation: "op_1",
  version: 1,
  live: 2,
  at: 5,
  by: "deployer",
  outcome: "passed",
  services: [{ service: "web", state: "started", readyMs: 312, reason: null }],
  probes: [{ service: "web", path: "/login", drilled: answer, live: answer, isWorse: false }],
};

describe("drills", () => {
  let harness: Harness;
  const path = "/apps/shop/environments/production/drills";
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("are begun with what is to be asked for", async () => {
    const json = { version: 1, paths: ["/login?next=%2F"] };
    const { status, body } = await ask(harness, "POST", path, { token: harness.tokens.deployer, json });
    expect({ status, body }).toMatchObject({ status: 202, body: { kind: "drill", state: "running" } });
    await ask(harness, "POST", path, { token: harness.tokens.deployer });
    expect(harness.deployments.asked).toMatchObject([
      { what: "drill", request: { ...shop, ...json, workers: false }, actor: { person: "deployer" } },
      { what: "drill", request: { ...shop, version: null, paths: [], workers: false } },
    ]);
  });

  it.each(["login", "/a b", "/a\r\nx: y", "/a#b", "/ü"])("take no path such as %j", async (wrong) => {
    const { status, body } = await ask(harness, "POST", path, { json: { paths: [wrong] } });
    expect({ status, body }).toMatchObject({ status: 422, body: { code: "input.invalid", path: "paths.0" } });
  });

  it("are found by their operation once they are over", async () => {
    expect(await ask(harness, "GET", `${path}/op_1`)).toMatchObject({ status: 404, body: { code: "not-found" } });
    await harness.store.drills.add(result, { person: "deployer", role: "deployer" });
    const found = await ask(harness, "GET", `${path}/op_1`, { token: harness.tokens.viewer });
    expect(found).toMatchObject({ status: 200, body: result });
  });
});
