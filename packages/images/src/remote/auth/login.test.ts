import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@berth/core";
import { describe, expect, it } from "vitest";
import { makeHome } from "../../testing/images.ts";
import { addImage, addTag, makeLayer, noise } from "../testing/image.ts";
import { basicAuth, failureOf, openTestRemote, platform, signal } from "../testing/remote.ts";
import type { TestRemoteOptions } from "../testing/remote.ts";
import { readBody, sendError, serve, serveRegistry } from "../testing/registry.ts";
import type { Asked } from "../testing/registry.ts";

interface TokenServer {
  /** The request as the server of tokens saw it; the body for a POST. */
  asked: (Pick<Asked, "method" | "headers"> & { query: URLSearchParams; body: URLSearchParams })[];
  /** How long a token lasts. */
  lifeSeconds: number;
  /** What it answers instead of a token. */
  refuse: { status: number; code: string } | null;
}

/** A registry that wants a token of another server, which gives one to all, numbered. */
async function setUp(options: (host: string) => TestRemoteOptions = () => ({})) {
  const registry = await serveRegistry();
  const made = addImage(registry, { layers: [makeLayer({ a: noise(1000) })] });
  addTag(registry, "1", made.digest);
  const tokens: TokenServer = { asked: [], lifeSeconds: 300, refuse: null };
  const valid = new Set<string>();
  const realm = await serve(async (request, response) => {
    const body = new URLSearchParams(String(await readBody(request)));
    const query = new URL(request.url ?? "", "http://any").searchParams;
    tokens.asked.push({ method: request.method ?? "", headers: request.headers, query, body });
    if (tokens.refuse !== null) return void sendError(response, tokens.refuse.status, tokens.refuse.code, "no");
    const token = `token-${tokens.asked.length}`;
    valid.add(`Bearer ${token}`);
    response.end(JSON.stringify({ token, expires_in: tokens.lifeSeconds }));
  });
  const challenge = () => `Bearer realm="${realm}/token",service="registry.test",scope="repository:team/base:pull"`;
  registry.intercept = (request, response) =>
    !valid.has(request.headers.authorization ?? "") &&
    sendError(response, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge() });
  const test = await openTestRemote(options(registry.host));
  const image = `${registry.host}/team/base:1`;
  const fetch = () => test.remote.fetchBase({ image, digest: made.digest }, platform, { signal });
  return { ...test, registry, made, tokens, valid, image, fetch };
}

const withAuth = (auth: object) => (host: string) => ({ dockerConfig: { auths: { [host]: auth } } });

describe("a token", () => {
  it("is got without a login where there is none, and used until it ends", async () => {
    const { registry, remote, image, made, tokens, fetch } = await setUp();
    expect(await remote.resolve(image, signal)).toBe(made.digest);
    await fetch();
    expect(tokens.asked).toHaveLength(1);
    const [asked] = tokens.asked;
    expect(asked?.method).toBe("GET");
    expect(asked?.headers.authorization).toBeUndefined();
    expect(asked?.query.get("service")).toBe("registry.test");
    expect(asked?.query.getAll("scope")).toEqual(["repository:team/base:pull"]);
    const [first, ...rest] = registry.asked.map(({ headers }) => headers.authorization);
    expect(first).toBeUndefined();
    expect(new Set(rest)).toEqual(new Set(["Bearer token-1"]));
  });

  it("is got with the password of Docker's configuration", async () => {
    const { fetch, tokens } = await setUp(withAuth({ auth: basicAuth("ada", "s3:cret") }));
    await fetch();
    expect(tokens.asked[0]?.headers.authorization).toBe(`Basic ${basicAuth("ada", "s3:cret")}`);
    expect(tokens.asked[0]?.query.get("account")).toBe("ada");
  });

  it("is got for an identity token", async () => {
    const { fetch, tokens } = await setUp(withAuth({ identitytoken: "identity" }));
    await fetch();
    expect(tokens.asked[0]?.method).toBe("POST");
    expect(Object.fromEntries(tokens.asked[0]?.body ?? [])).toEqual({
      grant_type: "refresh_token",
      client_id: "berth",
      refresh_token: "identity",
      service: "registry.test",
      scope: "repository:team/base:pull",
    });
  });

  it("is the login itself where Docker's configuration says so", async () => {
    const { fetch, tokens, valid, made } = await setUp(withAuth({ registrytoken: "mine" }));
    valid.add("Bearer mine");
    expect(await fetch()).toMatchObject({ digest: made.digest });
    expect(tokens.asked).toEqual([]);
  });

  it("is got anew when it ends, or is rejected before", async () => {
    let now = 1_700_000_000_000;
    const clock = { now: () => now, sleep: systemClock.sleep };
    const { remote, image, tokens, valid } = await setUp(() => ({ clock }));
    await remote.resolve(image, signal);
    now += 289_000;
    await remote.resolve(image, signal);
    expect(tokens.asked).toHaveLength(1);
    now += 2000;
    await remote.resolve(image, signal);
    expect(tokens.asked).toHaveLength(2);
    valid.clear();
    await remote.resolve(image, signal);
    expect(tokens.asked).toHaveLength(3);
  });

  it("is got once by all who need the same", async () => {
    const { remote, image, tokens } = await setUp();
    await remote.resolve(image, signal);
    tokens.asked.length = 0;
    const other = image.replace("base", "other");
    await Promise.all(
      [1, 2, 3, 4].map(() => failureOf(remote.resolve(other, signal).then(() => Promise.reject(new Error("found"))))),
    );
    expect(tokens.asked).toHaveLength(1);
  });

  it("that lets nobody in is told, with what was tried", async () => {
    const nobody = await setUp();
    nobody.valid.add = () => nobody.valid;
    expect(await failureOf(nobody.fetch())).toMatchObject({
      code: "base.unauthorised",
      message: `${nobody.registry.host} does not let Berth have ${nobody.image}.`,
      hint: `Credentials that were found: none: there is no ${join(nobody.docker, "config.json")}. Run \`docker login ${nobody.registry.host}\` as the user that runs Berth.`,
    });
    const ada = await setUp(withAuth({ auth: basicAuth("ada", "wrong") }));
    ada.tokens.refuse = { status: 401, code: "UNAUTHORIZED" };
    const error = await failureOf(ada.fetch());
    expect(error).toMatchObject({ code: "base.unauthorised" });
    expect(String((error as { hint: string }).hint)).toContain(`those of ada from ${join(ada.docker, "config.json")}`);
    expect(JSON.stringify(error)).not.toContain("wrong");
  });

  it("is not asked for by plain HTTP elsewhere", async () => {
    const { registry, remote, image } = await setUp(withAuth({ auth: basicAuth("ada", "secret") }));
    // The registry itself is on this machine and speaks plain HTTP; a realm that is no URL, or no server, is not followed.
    for (const realm of ["/token", "file:///etc/passwd"]) {
      registry.intercept = (_request, response) =>
        sendError(response, 401, "UNAUTHORIZED", "no", { "www-authenticate": `Bearer realm="${realm}"` });
      expect(await failureOf(remote.resolve(image, signal))).toMatchObject({
        code: "registry.failed",
        details: [expect.stringContaining("names no place to get a token from")],
      });
    }
  });
});

describe("a password", () => {
  const basic = (user: string, password: string) => (host: string) => ({
    dockerConfig: { auths: { [host]: { auth: basicAuth(user, password) } } },
  });

  async function setUpBasic(options: (host: string) => TestRemoteOptions) {
    const test = await setUp(options);
    test.registry.intercept = (request, response) =>
      request.headers.authorization !== `Basic ${basicAuth("ada", "secret")}` &&
      sendError(response, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": 'Basic realm="test"' });
    return test;
  }

  it("is sent to a registry that wants it, after it has asked once", async () => {
    const { fetch, registry } = await setUpBasic(basic("ada", "secret"));
    await fetch();
    expect(registry.asked.filter(({ headers }) => headers.authorization === undefined)).toHaveLength(1);
  });

  it("that is refused is told, and one that is made right counts at once", async () => {
    const { fetch, registry, docker, made } = await setUpBasic(basic("ada", "old"));
    expect(await failureOf(fetch())).toMatchObject({
      code: "base.unauthorised",
      hint: expect.stringContaining("The credentials it refused are those of ada"),
    });
    const auths = { [registry.host]: { auth: basicAuth("ada", "secret") } };
    await writeFile(join(docker, "config.json"), JSON.stringify({ auths }));
    expect(await fetch()).toMatchObject({ digest: made.digest });
  });

  it("comes from a credential helper where one is named", async () => {
    const folder = await makeHome();
    const program = join(folder, "docker-credential-test");
    await writeFile(program, `#!/bin/sh\ncat >/dev/null\necho '{"Username":"ada","Secret":"secret"}'\n`);
    await chmod(program, 0o755);
    const path = `${folder}:/usr/bin:/bin`;
    const { fetch, made } = await setUpBasic((host) => ({ path, dockerConfig: { credHelpers: { [host]: "test" } } }));
    expect(await fetch()).toMatchObject({ digest: made.digest });
    const broken = await setUpBasic(() => ({ path, dockerConfig: { credsStore: "missing" } }));
    expect(await failureOf(broken.fetch())).toMatchObject({
      code: "settings.invalid",
      message: "The credential helper docker-credential-missing is not in the PATH of Berth's server.",
    });
  });

  it("is not asked for where the registry offers only what Berth does not know", async () => {
    const { fetch, registry } = await setUpBasic(basic("ada", "secret"));
    registry.intercept = (_request, response) =>
      sendError(response, 401, "UNAUTHORIZED", "no", { "www-authenticate": "Negotiate" });
    expect(await failureOf(fetch())).toMatchObject({
      code: "base.unauthorised",
      details: [expect.stringContaining("wants a login by negotiate")],
    });
  });
});

describe("credentials", () => {
  it("are not sent to where a registry redirects, also when it is gone on with there", async () => {
    const { registry, fetch, made, tokens } = await setUp(withAuth({ auth: basicAuth("ada", "secret") }));
    const before = registry.intercept;
    const seen: Asked[] = [];
    let cut = false;
    const elsewhere = await serve((request, response) => {
      seen.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers });
      const blob = registry.blobs.get(made.layers[0] ?? made.digest) ?? Buffer.alloc(0);
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, {
        "content-length": blob.length - from,
        ...(from > 0 && { "content-range": `bytes ${from}-${blob.length - 1}/${blob.length}` }),
      });
      if (cut) response.end(blob.subarray(from));
      else response.write(blob.subarray(0, 500), () => setImmediate(() => response.destroy()));
      cut = true;
    });
    registry.intercept = async (request, response) => {
      if (await before(request, response)) return true;
      if (!request.url?.includes("/blobs/")) return false;
      response.writeHead(307, { location: `${elsewhere}/storage?signature=abc` }).end();
      return true;
    };
    // The configuration and the layer are both redirected; the storage has only the layer.
    registry.intercept = (
      (redirect) => (request, response) =>
        request.url?.includes(made.config) ? before(request, response) : redirect(request, response)
    )(registry.intercept);
    expect(await fetch()).toMatchObject({ digest: made.digest });
    expect(seen).toHaveLength(2);
    expect(seen.map(({ path }) => path)).toEqual(["/storage?signature=abc", "/storage?signature=abc"]);
    expect(seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    expect(registry.asked.some(({ headers }) => headers.authorization === "Bearer token-1")).toBe(true);
    expect(tokens.asked).toHaveLength(1);
  });

  it("of a registry are not sent to its mirror", async () => {
    const { registry, made } = await setUp();
    const mirror = await serveRegistry();
    for (const [key, manifest] of registry.manifests) mirror.manifests.set(key, manifest);
    mirror.intercept = (request, response) =>
      request.headers.authorization === undefined &&
      sendError(response, 401, "UNAUTHORIZED", "no", { "www-authenticate": "Basic" });
    const { remote } = await openTestRemote({
      mirrors: `${registry.host}=${mirror.origin}`,
      dockerConfig: { auths: { [registry.host]: { auth: basicAuth("ada", "secret") } } },
    });
    expect(await remote.resolve(`${registry.host}/team/base:1`, signal)).toBe(made.digest);
    expect(mirror.asked.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });
});
