import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAuthenticator } from "../../packages/api/src/index.ts";
import { roleIncludes, roles, systemClock } from "../../packages/core/src/index.ts";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness } from "./harness.ts";
import { fillPath, routesOf } from "./routes-of.ts";

describe("tokens on every route", () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await openHarness();
  });
  afterAll(() => harness.close());

  it("answers nothing without one, and says how to get one", async () => {
    for (const { method, path } of routesOf(harness.api)) {
      const response = await harness.send(
        method,
        fillPath(path, () => "1"),
        { token: null },
      );
      expect({ path, status: response.status }).toEqual({ path, status: 401 });
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      expect(await response.json()).toMatchObject({
        code: "auth.required",
        hint: expect.stringContaining("berth login"),
      });
    }
    expect((await harness.send("GET", "/no-such-route", { token: null })).status).toBe(401);
  });

  it.each(["x", "berth_", `berth_${"a".repeat(43)}`, `berth_${"a".repeat(44)}`, "berth_ü"])(
    "refuses %j as a token",
    async (token) => {
      const headers = { authorization: encodeURI(`Bearer ${token}`) };
      const { status, body } = await ask(harness, "GET", "/whoami", { token: null, headers });
      expect({ status, body }).toMatchObject({ status: 401, body: { code: "auth.required" } });
    },
  );

  it("takes a token in the Authorization header only", async () => {
    const { owner } = harness.tokens;
    const basic = `Basic ${Buffer.from(`ada:${owner}`).toString("base64")}`;
    expect((await harness.send("GET", "/whoami", { token: null, headers: { authorization: basic } })).status).toBe(401);
    expect((await harness.send("GET", "/whoami", { token: null, headers: { cookie: `token=${owner}` } })).status).toBe(
      401,
    );
    expect((await harness.send("GET", `/whoami?token=${owner}`, { token: null })).status).toBe(401);
  });

  it("tells whom a token names", async () => {
    const { body } = await ask(harness, "GET", "/whoami", { token: harness.tokens.deployer });
    expect(body).toMatchObject({ person: "deployer", role: "deployer" });
  });

  it("lets each role do what the document says and no more", async () => {
    const refused = [];
    const expected = [];
    for (const { method, path, endpoint } of routesOf(harness.api)) {
      for (const role of roles) {
        const response = await harness.send(
          method,
          fillPath(path, () => "none"),
          { token: harness.tokens[role] },
        );
        await response.body?.cancel();
        if (response.status === 403) refused.push(`${role} ${endpoint?.id}`);
        // Whose token it is decides here; there is a test of its own.
        const depends = endpoint?.id === "deleteToken" && role !== "owner";
        if (depends || endpoint === undefined || !roleIncludes(role, endpoint.role))
          expected.push(`${role} ${endpoint?.id}`);
      }
    }
    expect(refused).toEqual(expected);
    expect(refused).toContain("viewer rollback");
    expect(refused).toContain("viewer createApp");
    expect(refused).toContain("deployer deleteApp");
    expect(refused).toContain("deployer createToken");
  });

  it("says who may what when it refuses", async () => {
    const { status, body } = await ask(harness, "POST", "/apps", {
      token: harness.tokens.viewer,
      json: { name: "shop" },
    });
    expect({ status, body }).toMatchObject({
      status: 403,
      body: {
        code: "auth.forbidden",
        detail: "viewer (viewer) may not create an app.",
        hint: expect.stringContaining("deployer"),
      },
    });
  });

  it("lets only an owner delete production", async () => {
    await givenLive(harness.store);
    await givenLive(harness.store, { app: "shop", environment: "topic" });
    const token = harness.tokens.deployer;
    expect((await ask(harness, "DELETE", "/apps/shop/environments/production", { token })).status).toBe(403);
    expect((await ask(harness, "DELETE", "/apps/shop/environments/topic", { token })).status).toBe(202);
  });

  it("refuses a deleted token at once", async () => {
    const secret = await harness.giveToken("deployer", "grace");
    const { body } = await ask(harness, "GET", "/whoami", { token: secret });
    const { token: id } = body as { token: string };
    expect((await ask(harness, "DELETE", `/tokens/${id}`)).status).toBe(204);
    expect((await ask(harness, "GET", "/whoami", { token: secret })).status).toBe(401);
  });

  it("authenticates for git by the same rules, and notes the use", async () => {
    const authenticate = makeAuthenticator(harness.store, systemClock);
    const secret = await harness.giveToken("viewer", "linus");
    expect(await authenticate(secret)).toMatchObject({ person: "linus", role: "viewer", tokenId: expect.any(String) });
    await expect
      .poll(async () => (await harness.store.tokens.list()).find(({ person }) => person === "linus")?.lastUsedAt)
      .toBeTypeOf("number");
    expect(await authenticate(secret.slice(0, -1))).toBeNull();
    expect(await authenticate("")).toBeNull();
  });
});
