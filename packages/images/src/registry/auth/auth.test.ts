import { systemRandom } from "@berth/core";
import { expect, it } from "vitest";
import { startTestRegistry } from "../testing/registry.ts";
import { covers, narrowScope, parseScopes } from "./scope.ts";
import { makeTokenSigner, tokenForMs } from "./token.ts";

const key = systemRandom.bytes(32);
const basic = (password: string) => `Basic ${Buffer.from(`any:${password}`).toString("base64")}`;

it("reads scopes, several in one text, and leaves out what is none", () => {
  expect(parseScopes(["repository:shop/tools:pull,push registry:catalog:*", "x", "repository:Shop:pull"])).toEqual([
    { type: "repository", name: "shop/tools", actions: ["pull", "push"] },
    { type: "registry", name: "catalog", actions: ["*"] },
  ]);
});

it("gives a role no more than it may have", () => {
  const all = { type: "repository", name: "shop", actions: ["*"] };
  expect(narrowScope("viewer", all)?.actions).toEqual(["pull"]);
  expect(narrowScope("deployer", all)?.actions).toEqual(["pull", "push", "delete"]);
  expect(narrowScope("viewer", { ...all, actions: ["push"] })).toBeNull();
  expect(narrowScope("owner", { ...all, type: "registry" })).toBeNull();
  const pull = { type: "repository", name: "shop", actions: ["pull"] };
  expect(covers([pull], pull)).toBe(true);
  expect(covers([pull], { ...pull, name: "shop/tools" })).toBe(false);
  expect(covers([pull], { ...pull, actions: ["pull", "push"] })).toBe(false);
});

it("signs tokens that say who and what, for five minutes, and that nobody else can make", () => {
  const clock = { time: 1_000_000, now: () => clock.time };
  const signer = makeTokenSigner({ key, clock, random: systemRandom });
  const claims = {
    person: "ada",
    role: "deployer" as const,
    scopes: [{ type: "repository", name: "shop", actions: ["pull", "push"] }],
  };
  const token = signer.sign(claims);
  expect(signer.sign(claims)).not.toBe(token);
  expect(signer.verify(token)).toEqual(claims);
  const other = makeTokenSigner({ key: systemRandom.bytes(32), clock, random: systemRandom });
  expect(other.verify(token)).toBeNull();
  const [payload = "", signature = ""] = token.split(".");
  const forged = Buffer.from(Buffer.from(payload, "base64url").toString().replace("deployer", "owner")).toString(
    "base64url",
  );
  for (const wrong of [
    `${forged}.${signature}`,
    payload,
    `${payload}.`,
    `${token}.x`,
    `${payload}.${signature.slice(0, -2)}`,
    "",
    ".",
  ]) {
    expect(signer.verify(wrong)).toBeNull();
  }
  clock.time += tokenForMs - 1;
  expect(signer.verify(token)).toEqual(claims);
  clock.time += 1;
  expect(signer.verify(token)).toBeNull();
});

it("tells whoever comes without a token where to get one, and for what", async () => {
  const { send, origin, port } = await startTestRegistry();
  const ping = await send("GET", "/v2/", { as: null });
  expect(ping.status).toBe(401);
  expect(ping.headers["www-authenticate"]).toBe(`Bearer realm="${origin}/v2/token",service="127.0.0.1:${port}"`);
  expect(ping.headers["docker-distribution-api-version"]).toBe("registry/2.0");
  expect(ping.json()).toMatchObject({ errors: [{ code: "UNAUTHORIZED" }] });
  const challengeOf = async (method: string, path: string, headers = {}) =>
    (await send(method, path, { as: null, headers })).headers["www-authenticate"];
  expect(await challengeOf("GET", "/v2/shop/tags/list")).toContain('scope="repository:shop:pull"');
  expect(await challengeOf("DELETE", "/v2/shop/manifests/a")).toContain('scope="repository:shop:delete"');
  expect(await challengeOf("POST", "/v2/shop/blobs/uploads/?mount=sha256:0&from=notes")).toContain(
    'scope="repository:shop:pull,push repository:notes:pull"',
  );
  expect(await challengeOf("GET", "/v2/_catalog")).toContain('scope="registry:catalog:*"');
  expect(await challengeOf("GET", "/v2/", { host: "berth.example.org", "x-forwarded-proto": "https" })).toBe(
    'Bearer realm="https://berth.example.org/v2/token",service="berth.example.org"',
  );
  expect(await challengeOf("GET", "/v2/", { host: 'a"b', "x-forwarded-proto": "gopher" })).toContain(origin);
  expect(await challengeOf("GET", "/v2/", { authorization: "Bearer x" })).toContain('error="invalid_token"');
});

it("gives a token by GET with Basic, for as much as the role may have of apps that are there", async () => {
  const { send, clock } = await startTestRegistry();
  const get = async (as: string | null, query: string) => await send("GET", `/v2/token?service=x&${query}`, { as });
  expect((await get(null, "")).headers["www-authenticate"]).toContain("Basic");
  expect((await get("mallory", "")).status).toBe(401);
  const given = await get("vera", "scope=repository:shop:pull,push&scope=repository:gone:pull&offline_token=true");
  expect(given.status).toBe(200);
  const { token, access_token, expires_in, issued_at, refresh_token } = given.json() as Record<string, unknown>;
  expect(access_token).toBe(token);
  expect({ expires_in, issued_at, refresh_token }).toEqual({
    expires_in: 300,
    issued_at: new Date(clock.time).toISOString(),
    refresh_token: undefined,
  });
  const claims: { acc: string[] } = JSON.parse(Buffer.from(String(token).split(".")[0]!, "base64url").toString());
  expect(claims.acc).toEqual(["repository:shop:pull"]);

  const use = (path: string, method = "GET") =>
    send(method, path, { as: null, headers: { authorization: `Bearer ${String(token)}` } });
  expect((await use("/v2/")).status).toBe(200);
  expect((await use("/v2/shop/tags/list")).status).toBe(200);
  const other = await use("/v2/notes/tags/list");
  expect(other.status).toBe(401);
  expect(other.headers["www-authenticate"]).toMatch(/scope="repository:notes:pull",error="insufficient_scope"/);
  const denied = await use("/v2/shop/blobs/uploads/", "POST");
  expect(denied.status).toBe(403);
  expect(denied.json()).toMatchObject({
    errors: [{ code: "DENIED", message: expect.stringContaining("vera (viewer)") }],
  });
  clock.time += tokenForMs;
  expect((await use("/v2/")).status).toBe(401);
});

it("gives a token by POST with a form, for a password or for what it gave to come back with", async () => {
  const { send } = await startTestRegistry();
  const post = (form: Record<string, string>) =>
    send("POST", "/v2/token", {
      as: null,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ service: "x", client_id: "test", ...form }).toString(),
    });
  const scope = "repository:shop:pull,push repository:notes:pull";
  const first = await post({ grant_type: "password", username: "x", password: "ada", scope, access_type: "offline" });
  const { refresh_token } = first.json() as { refresh_token: string };
  const second = await post({ grant_type: "refresh_token", refresh_token, scope });
  const { access_token } = second.json() as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  expect((await send("POST", "/v2/shop/blobs/uploads/", { as: null, headers })).status).toBe(202);
  expect((await post({ grant_type: "password", username: "x", password: "mallory" })).status).toBe(401);
  expect((await post({ grant_type: "password" })).status).toBe(401);
  expect((await post({ grant_type: "client_credentials" })).status).toBe(400);
  expect((await post({ grant_type: "password", password: "x".repeat(100_000) })).status).toBe(413);
});

it("takes a Berth token itself, as Basic or as Bearer", async () => {
  const { send } = await startTestRegistry();
  for (const authorization of [basic("vera"), "Bearer vera"]) {
    expect((await send("GET", "/v2/", { as: null, headers: { authorization } })).status).toBe(200);
  }
  for (const authorization of [basic("mallory"), "Bearer mallory", "Basic !", "Digest x", "Basic", ""]) {
    expect((await send("GET", "/v2/", { as: null, headers: { authorization } })).status).toBe(401);
  }
});

it("says that an app is not there, rather than that a token lacks it", async () => {
  const { send } = await startTestRegistry();
  const { token } = (await send("GET", "/v2/token?scope=repository:gone:pull,push")).json() as { token: string };
  for (const path of ["/v2/gone/blobs/uploads/", "/v2/production/blobs/uploads/", "/v2/a.b/blobs/uploads/"]) {
    const answer = await send("POST", path, { as: null, headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ errors: [{ code: "NAME_UNKNOWN" }] });
  }
});

it("refuses what a page of another origin makes a browser send", async () => {
  const { send, origin } = await startTestRegistry();
  const post = (headers: Record<string, string>) => send("POST", "/v2/shop/blobs/uploads/", { headers });
  expect((await post({ origin: "http://shop.localhost:4000" })).status).toBe(403);
  expect((await post({ origin: "null" })).status).toBe(403);
  expect((await post({ "sec-fetch-site": "same-site" })).status).toBe(403);
  expect((await post({ origin, "sec-fetch-site": "same-origin" })).status).toBe(202);
  expect((await send("GET", "/v2/", { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
  expect((await send("POST", "/v2/token", { as: null, headers: { origin: "http://evil.example" } })).status).toBe(403);
});
