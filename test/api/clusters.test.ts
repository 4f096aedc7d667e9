import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness } from "./harness.ts";

describe("clusters", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await openHarness();
  });
  afterEach(() => harness.close());

  const eu = { name: "eu", kubeconfig: "apiVersion: v1\nkind: Config\n# secret", namespacePrefix: "eu-" };

  it("are registered by owners, listed, and forgotten, and their kubeconfigs never told", async () => {
    const added = await ask(harness, "POST", "/clusters", { json: eu });
    expect(added).toMatchObject({ status: 201, body: { name: "eu", namespacePrefix: "eu-", createdBy: "owner" } });
    const listed = await ask(harness, "GET", "/clusters");
    expect(listed).toMatchObject({ status: 200, body: { items: [{ name: "eu", isReachable: true }] } });
    expect(JSON.stringify([added.body, listed.body])).not.toContain("secret");
    expect(await ask(harness, "POST", "/clusters", { json: eu })).toMatchObject({
      status: 409,
      body: { code: "cluster.exists" },
    });
    expect(await ask(harness, "DELETE", "/clusters/eu")).toMatchObject({ status: 200, body: { leftover: null } });
    expect(await ask(harness, "DELETE", "/clusters/eu")).toMatchObject({
      status: 404,
      body: { code: "cluster.not-found" },
    });
  });

  it("are for owners to change and for all to see", async () => {
    const token = harness.tokens.deployer;
    const refused = { status: 403, body: { code: "auth.forbidden" } };
    expect(await ask(harness, "POST", "/clusters", { token, json: eu })).toMatchObject(refused);
    expect(await ask(harness, "DELETE", "/clusters/eu", { token })).toMatchObject(refused);
    expect((await ask(harness, "GET", "/clusters", { token: harness.tokens.viewer })).status).toBe(200);
  });

  it("are what a deployer moves environments to", async () => {
    await givenLive(harness.store);
    const url = "/apps/shop/environments/production/move";
    const token = harness.tokens.deployer;
    expect(await ask(harness, "POST", url, { token, json: { cluster: "eu" } })).toMatchObject({
      status: 202,
      body: { kind: "move", state: "running" },
    });
    expect(harness.deployments.asked).toMatchObject([
      { what: "move", request: { app: "shop", environment: "production", cluster: "eu" } },
    ]);
    const viewer = harness.tokens.viewer;
    expect((await ask(harness, "POST", url, { token: viewer, json: { cluster: "eu" } })).status).toBe(403);
    const nowhere = "/apps/shop/environments/none/move";
    expect((await ask(harness, "POST", nowhere, { json: { cluster: "eu" } })).status).toBe(404);
  });

  it("tell where an environment is, where apps run on clusters", async () => {
    await givenLive(harness.store);
    const { body } = await ask(harness, "GET", "/apps/shop/environments");
    expect(body).toMatchObject({ items: [{ name: "production", cluster: null }] });
  });
});
