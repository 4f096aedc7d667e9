import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "./documented.ts";
import { type Harness, openHarness } from "./harness.ts";

describe("what a web page in the user's browser can do", () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await openHarness();
  });
  afterAll(() => harness.close());

  const create = (name: string, headers: Record<string, string>) =>
    ask(harness, "POST", "/apps", { json: { name }, headers });

  it.each([
    "http://evil.example",
    "http://shop.localhost:4000",
    "http://localhost:4001",
    "https://localhost:4000",
    "http://localhost",
    "http://127.0.0.1:4000",
    "null",
  ])("refuses a change from the origin %s", async (origin) => {
    const { status, body } = await create("shop", { origin });
    expect({ status, body }).toMatchObject({ status: 403, body: { code: "auth.forbidden", path: "Origin" } });
  });

  it("takes a change from its own origin, and from programs", async () => {
    expect((await create("shop-a", { origin: "http://localhost:4000", "sec-fetch-site": "same-origin" })).status).toBe(
      201,
    );
    expect((await create("shop-b", {})).status).toBe(201);
  });

  it.each(["cross-site", "same-site"])("refuses changes and reads with credentials that are %s", async (site) => {
    expect((await create("shop", { "sec-fetch-site": site })).status).toBe(403);
    expect((await ask(harness, "GET", "/apps", { headers: { "sec-fetch-site": site } })).status).toBe(403);
  });

  it("lets no other page read, and none frame, sniff or keep", async () => {
    for (const path of ["/apps", "/no-such-route", "/apps/none"]) {
      const { headers } = await harness.send("GET", path, { headers: { origin: "http://evil.example" } });
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    }
    const preflight = await harness.send("OPTIONS", "/apps", {
      headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(404);
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each(["localhost:4000", "LocalHost:4000", "localhost.:4000", "127.0.0.1:4000", "[::1]:4000"])(
    "answers at the host %s",
    async (host) => {
      expect((await ask(harness, "GET", "/whoami", { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "evil.example:4000",
    "localhost",
    "localhost:4001",
    "shop.localhost:4000",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.2:4000",
    "localhost:4000:4000",
    "localhost.evil.example:4000",
    "",
  ])("does not answer at the host %j", async (host) => {
    const { status, body } = await ask(harness, "GET", "/whoami", { headers: { host } });
    expect({ status, body }).toMatchObject({ status: 421, body: { code: "host.unknown" } });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"])(
    "refuses a body of the type %s, which a form could send",
    async (type) => {
      const { status, body } = await create("shop", { "content-type": type });
      expect({ status, body }).toMatchObject({ status: 415, body: { code: "input.unsupported-type" } });
    },
  );

  it("refuses a body without a type, and one that is no JSON", async () => {
    const url = "http://localhost:4000/api/v1/apps";
    const authorization = `Bearer ${harness.tokens.owner}`;
    const bytes = new TextEncoder().encode('{"name":"shop"}');
    const untyped = await harness.api.request(url, { method: "POST", headers: { authorization }, body: bytes });
    expect(untyped.status).toBe(415);
    const headers = { authorization, "content-type": "application/json; charset=utf-8" };
    const broken = await harness.api.request(url, { method: "POST", headers, body: '{"name":' });
    expect(broken.status).toBe(422);
    expect(await broken.json()).toMatchObject({ code: "input.invalid", detail: "The body is not JSON." });
  });

  it("refuses a body above 1 MB, with and without a length", async () => {
    const json = { name: "x".repeat(2 ** 20) };
    expect((await ask(harness, "POST", "/apps", { json })).status).toBe(413);
    const { status, body } = await ask(harness, "POST", "/apps", { json, headers: { "content-length": "1048600" } });
    expect({ status, body }).toMatchObject({ status: 413, body: { code: "input.too-large" } });
  });
});
