import { afterEach, beforeEach, expect, it } from "vitest";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness, shop } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await givenLive(harness.store, shop);
});
afterEach(() => harness.close());

const change = { scope: "production", set: { API_KEY: "hunter2" } };

it("lists, changes and compares config without a value", async () => {
  const listed = await ask(harness, "GET", "/apps/shop/config", { token: harness.tokens.viewer });
  expect(listed).toMatchObject({ status: 200, body: { items: [{ key: "API_KEY", value: "vl_1" }], held: [] } });
  const changed = await ask(harness, "POST", "/apps/shop/config", { json: change, token: harness.tokens.deployer });
  expect(changed).toMatchObject({
    status: 200,
    body: { environments: [{ environment: "production", restarts: ["web"], operation: { kind: "config" } }] },
  });
  expect(JSON.stringify(changed.body)).not.toContain("hunter2");
  expect(harness.deployments.asked).toMatchObject([
    { what: "config", request: { app: "shop", service: null, unset: [], release: true, ...change } },
    { what: "config" },
  ]);
  const compared = await ask(harness, "GET", "/apps/shop/environments/production/config/diff?with=production");
  expect(compared).toMatchObject({ status: 200, body: { items: [{ key: "API_KEY", state: "different" }] } });
});

it("shows values to owners alone", async () => {
  const reveal = (token: string) => ask(harness, "POST", "/apps/shop/config/reveal", { json: {}, token });
  expect(await reveal(harness.tokens.deployer)).toMatchObject({ status: 403, body: { code: "auth.forbidden" } });
  expect(await reveal(harness.tokens.owner)).toMatchObject({ status: 200, body: { items: [{ value: "hunter2" }] } });
  const viewer = { json: change, token: harness.tokens.viewer };
  expect(await ask(harness, "POST", "/apps/shop/config", viewer)).toMatchObject({ status: 403 });
});

it("lets owners change the key", async () => {
  const { deployer } = harness.tokens;
  expect(await ask(harness, "POST", "/config-keys/rotate", { token: deployer })).toMatchObject({ status: 403 });
  expect(await ask(harness, "POST", "/config-keys/rotate")).toMatchObject({
    status: 200,
    body: { keyId: "b2c3d4e5", before: ["a1b2c3d4"] },
  });
  expect(await ask(harness, "GET", "/config-keys")).toMatchObject({ status: 200, body: { before: [] } });
});

it("refuses what cannot be, and repeats no value", async () => {
  const refused = async (json: unknown) => {
    const { status, body } = await ask(harness, "POST", "/apps/shop/config", { json });
    expect(JSON.stringify(body)).not.toContain("hunter2");
    return status;
  };
  expect(await refused({ ...change, scope: "Not An Environment" })).toBe(422);
  expect(await refused({ scope: "production", set: "hunter2" })).toBe(422);
  expect(await refused({ scope: "production", set: { A: ["hunter2"] } })).toBe(422);
  expect(await refused({ scope: "production", set: { A: "hunter2" }, more: "hunter2" })).toBe(422);
  expect((await ask(harness, "GET", "/apps/nothing/config")).status).toBe(404);
});
