import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness, shop } from "./harness.ts";

describe("apps, environments and releases", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await openHarness();
  });
  afterEach(() => harness.close());

  it("creates, shows, changes and deletes an app", async () => {
    const created = await ask(harness, "POST", "/apps", { json: { name: "shop" } });
    expect(created).toMatchObject({
      status: 201,
      body: { name: "shop", defaultBranch: null, createdBy: "owner", url: "http://shop.localhost:4000" },
    });
    expect(created.headers.get("location")).toBe("/api/v1/apps/shop");
    expect((await ask(harness, "GET", "/apps/shop")).body).toEqual(created.body);
    const changed = await ask(harness, "PATCH", "/apps/shop", { json: { defaultBranch: "trunk" } });
    expect(changed).toMatchObject({ status: 200, body: { defaultBranch: "trunk" } });
    expect((await ask(harness, "DELETE", "/apps/shop")).status).toBe(204);
    expect(harness.deployments.asked).toMatchObject([
      { what: "removeApp", request: { app: "shop" }, actor: { person: "owner" } },
    ]);
    expect(await ask(harness, "GET", "/apps/shop")).toMatchObject({
      status: 404,
      body: { code: "app.not-found", detail: 'There is no app "shop".', path: "app" },
    });
  });

  it("refuses a name that is taken or cannot be one", async () => {
    await ask(harness, "POST", "/apps", { json: { name: "shop" } });
    expect(await ask(harness, "POST", "/apps", { json: { name: "shop" } })).toMatchObject({
      status: 409,
      body: { code: "app.exists" },
    });
    expect(await ask(harness, "POST", "/apps", { json: { name: "Shop!" } })).toMatchObject({
      status: 422,
      body: { code: "app.invalid-name", path: "name" },
    });
  });

  it("names the field that is wrong, and all that are", async () => {
    expect(await ask(harness, "POST", "/apps", { json: { name: 1, colour: "red" } })).toMatchObject({
      status: 422,
      body: {
        code: "input.invalid",
        path: "name",
        errors: [{ detail: expect.stringMatching(/^name: /) }, { detail: expect.stringContaining("colour") }],
      },
    });
    expect(await ask(harness, "GET", "/apps?limit=no")).toMatchObject({ status: 422, body: { path: "limit" } });
    expect(await ask(harness, "GET", "/apps?limt=1")).toMatchObject({ status: 422, body: { path: "query" } });
    expect(await ask(harness, "POST", "/apps")).toMatchObject({ status: 422, body: { path: "body" } });
  });

  it("lists apps page by page, each once", async () => {
    const names = Array.from({ length: 7 }, (_, index) => `shop-${index}`);
    for (const name of names) await ask(harness, "POST", "/apps", { json: { name } });
    const seen: string[] = [];
    let after = "";
    for (let pages = 0; pages < 10; pages += 1) {
      const { body } = await ask(harness, "GET", `/apps?limit=3${after}`);
      const page = body as { items: { name: string }[]; next: string | null };
      seen.push(...page.items.map(({ name }) => name));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(seen).toEqual(names);
  });

  it("shows environments with what runs in them", async () => {
    await givenLive(harness.store);
    await givenLive(harness.store, { app: "shop", environment: "topic" });
    const { body } = await ask(harness, "GET", "/apps/shop/environments");
    expect(body).toMatchObject({
      items: [
        { name: "production", url: "http://shop.localhost:4000", live: 1 },
        { name: "topic", url: "http://shop--topic.localhost:4000", branch: "topic" },
      ],
    });
    expect((await ask(harness, "GET", "/apps/shop/environments/production")).body).toMatchObject({
      name: "production",
      live: 1,
      services: [{ name: "web", instances: [{ state: "ready" }] }],
    });
    expect(await ask(harness, "GET", "/apps/shop/environments/nope")).toMatchObject({
      status: 404,
      body: { code: "environment.not-found", hint: "It has production, topic." },
    });
    expect(await ask(harness, "GET", "/apps/none/environments/production")).toMatchObject({
      body: { code: "app.not-found" },
    });
  });

  it("deletes an environment by an operation", async () => {
    await givenLive(harness.store, { app: "shop", environment: "topic" });
    const { status, body } = await ask(harness, "DELETE", "/apps/shop/environments/topic");
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { kind: "remove", state: "running", environment: "topic" },
    });
    expect((await ask(harness, "DELETE", "/apps/shop/environments/none")).status).toBe(404);
  });

  it("lists releases newest first and shows one with its content", async () => {
    for (let version = 1; version <= 3; version += 1) await givenLive(harness.store);
    const path = "/apps/shop/environments/production/releases";
    const first = await ask(harness, "GET", `${path}?limit=2`);
    expect(first.body).toMatchObject({ items: [{ version: 3, state: "live" }, { version: 2 }], next: 2 });
    expect((await ask(harness, "GET", `${path}?limit=2&after=2`)).body).toMatchObject({
      items: [{ version: 1 }],
      next: null,
    });
    expect((await ask(harness, "GET", `${path}/3`)).body).toMatchObject({
      version: 3,
      services: ["web", "worker"],
      url: "http://shop--v3.localhost:4000",
      snapshot: { services: [{ spec: { name: "web" } }, { spec: { name: "worker" } }] },
    });
    expect(await ask(harness, "GET", `${path}/9`)).toMatchObject({ status: 404, body: { code: "release.not-found" } });
    expect((await ask(harness, "GET", `${path}/v3`)).status).toBe(422);
  });

  it("gives releases of previews no permalink", async () => {
    await givenLive(harness.store, { app: "shop", environment: "topic" });
    expect((await ask(harness, "GET", "/apps/shop/environments/topic/releases/1")).body).toMatchObject({ url: null });
  });
});

describe("rollback", () => {
  let harness: Harness;
  const path = "/apps/shop/environments/production/rollback";
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("answers as soon as the operation exists", async () => {
    const { status, body } = await ask(harness, "POST", path, { token: harness.tokens.deployer, json: { version: 1 } });
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { kind: "rollback", state: "running", actor: "deployer" },
    });
    expect(harness.deployments.asked).toMatchObject([
      {
        what: "rollback",
        request: { ...shop, version: 1, force: false, undo: true },
        actor: { person: "deployer", role: "deployer" },
      },
    ]);
  });

  it.each([undefined, {}, { version: null }])("goes to the one before with the body %j", async (json) => {
    expect((await ask(harness, "POST", path, { json })).status).toBe(202);
    expect(harness.deployments.asked).toMatchObject([{ request: { version: null } }]);
  });

  it("answers when it is done where asked to wait", async () => {
    const waiting = ask(harness, "POST", `${path}?wait=60`);
    await expect.poll(() => harness.deployments.asked.length).toBe(1);
    const [running] = await harness.store.operations.listRunning();
    await harness.deployments.end(running!.id);
    expect(await waiting).toMatchObject({ status: 200, body: { state: "succeeded" } });
  });

  it("says what is not there, and what cannot be a version", async () => {
    expect((await ask(harness, "POST", "/apps/none/environments/production/rollback")).status).toBe(404);
    expect((await ask(harness, "POST", path, { json: { version: 0 } })).status).toBe(422);
    expect((await ask(harness, "POST", path, { json: { version: "11" } })).status).toBe(422);
    expect((await ask(harness, "POST", `${path}?wait=1000`)).status).toBe(422);
  });
});

describe("drift", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("is told to whoever may look", async () => {
    const url = "/apps/shop/environments/production/drift";
    const answer = await harness.send("GET", url, { token: harness.tokens.viewer });
    expect(await answer.json()).toEqual({ isWatched: true, items: [], unknown: [] });
    expect((await harness.send("GET", "/apps/shop/environments/none/drift")).status).toBe(404);
  });

  it("is adopted by who may deploy, object by object or all of it", async () => {
    const url = "/apps/shop/environments/production/drift/adopt";
    const { viewer, deployer } = harness.tokens;
    expect((await harness.send("POST", url, { token: viewer, json: {} })).status).toBe(403);
    const answer = await harness.send("POST", url, { token: deployer, json: { objects: ["web-1f0c"] } });
    expect(await answer.json()).toMatchObject({ kind: "adopt", state: "running" });
    expect(harness.deployments.asked.at(-1)).toMatchObject({
      what: "adopt",
      request: { app: "shop", environment: "production", objects: ["web-1f0c"], reset: false },
    });
    expect((await harness.send("POST", url, { token: deployer, json: { object: "web" } })).status).toBe(422);
  });
});

describe("what runs without a release", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await openHarness();
  });
  afterEach(() => harness.close());

  it("is shown to whoever may look, and removed by owners alone, by name", async () => {
    const url = "/workloads/unknown";
    const answer = await harness.send("GET", url, { token: harness.tokens.viewer });
    const items = [expect.objectContaining({ environment: "old", workload: "3f5a1c" })];
    expect(await answer.json()).toEqual({ items });
    const json = { workloads: ["3f5a1c"] };
    expect((await harness.send("POST", `${url}/remove`, { token: harness.tokens.deployer, json })).status).toBe(403);
    expect(await (await harness.send("POST", `${url}/remove`, { json })).json()).toEqual({ items });
    expect((await harness.send("POST", `${url}/remove`, { json: { workloads: [] } })).status).toBe(422);
  });
});

describe("manifests", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("are YAML, for whoever may look", async () => {
    const url = "/apps/shop/environments/production/manifests";
    const answer = await harness.send("GET", url, { token: harness.tokens.viewer });
    expect(answer.headers.get("content-type")).toBe("application/yaml");
    expect(await answer.text()).toBe("# shop production\n");
    expect((await harness.send("GET", "/apps/shop/environments/none/manifests")).status).toBe(404);
  });
});

describe("scale", () => {
  let harness: Harness;
  const path = "/apps/shop/environments/production/scale";
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("takes bounds by service, and what is to be taken back", async () => {
    const json = { services: { web: { min: 3, max: 3 }, worker: null } };
    const { status, body } = await ask(harness, "POST", path, { token: harness.tokens.deployer, json });
    expect({ status, body }).toMatchObject({ status: 202, body: { kind: "scale", actor: "deployer" } });
    expect((await ask(harness, "POST", path, { json: { reset: true } })).status).toBe(202);
    expect(harness.deployments.asked).toMatchObject([
      { what: "scale", request: { ...shop, ...json, reset: false } },
      { what: "scale", request: { ...shop, services: {}, reset: true } },
    ]);
  });

  it("refuses what is no number of instances, and what is not there", async () => {
    for (const web of [{ min: -1 }, { max: 1.5 }, { min: 1001 }, { minn: 1 }, 3])
      expect((await ask(harness, "POST", path, { json: { services: { web } } })).status).toBe(422);
    expect((await ask(harness, "POST", "/apps/shop/environments/none/scale", { json: {} })).status).toBe(404);
    expect((await ask(harness, "POST", path, { token: harness.tokens.viewer, json: {} })).status).toBe(403);
    expect(harness.deployments.asked).toEqual([]);
  });
});

describe("tokens, audit and server", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await openHarness();
  });
  afterEach(() => harness.close());

  it("shows a new token once, and it works", async () => {
    const { status, body } = await ask(harness, "POST", "/tokens", {
      json: { person: "grace", role: "deployer", note: "CI" },
    });
    const { secret, id } = body as { secret: string; id: string };
    expect(status).toBe(201);
    expect(secret).toMatch(/^berth_[A-Za-z0-9_-]{43}$/);
    expect((await ask(harness, "GET", "/whoami", { token: secret })).body).toEqual({
      person: "grace",
      role: "deployer",
      token: id,
    });
    const list = await ask(harness, "GET", "/tokens");
    expect(list.body).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ id, note: "CI" })]) });
    expect(JSON.stringify(list.body)).not.toMatch(/berth_|hash|[0-9a-f]{64}/);
  });

  it.each([
    [{ person: "Ada Lovelace", role: "viewer" }, "person"],
    [{ person: "ada", role: "admin" }, "role"],
    [{ role: "viewer" }, "person"],
  ])("refuses the token %j", async (json, path) => {
    expect(await ask(harness, "POST", "/tokens", { json })).toMatchObject({ status: 422, body: { path } });
  });

  it("lets everyone delete their own token and no other, and keeps the last owner's", async () => {
    const { viewer } = harness.tokens;
    const idOf = async (token: string) =>
      ((await ask(harness, "GET", "/whoami", { token })).body as { token: string }).token;
    const [viewerId, ownerId] = [await idOf(viewer), await idOf(harness.tokens.owner)];
    expect((await ask(harness, "DELETE", `/tokens/${ownerId}`, { token: viewer })).status).toBe(403);
    expect((await ask(harness, "DELETE", `/tokens/${viewerId}`, { token: viewer })).status).toBe(204);
    expect(await ask(harness, "DELETE", `/tokens/${ownerId}`)).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    expect((await ask(harness, "DELETE", "/tokens/none")).status).toBe(404);
  });

  it("keeps who changed what", async () => {
    await ask(harness, "POST", "/apps", { json: { name: "shop" }, token: harness.tokens.deployer });
    await ask(harness, "PATCH", "/apps/shop", { json: { defaultBranch: "trunk" } });
    await ask(harness, "POST", "/tokens", { json: { person: "grace", role: "viewer" } });
    await ask(harness, "DELETE", "/apps/shop");
    const { body } = await ask(harness, "GET", "/audit?limit=200");
    const { items } = body as { items: { person: string; action: string; app: string | null }[] };
    const people = Object.fromEntries(items.toReversed().map(({ action, person }) => [action, person]));
    expect(people).toMatchObject({ "app.create": "deployer", "app.delete": "owner", "token.create": "owner" });
    expect(items.filter(({ app }) => app === "shop").length).toBeGreaterThanOrEqual(3);
    const ofShop = (await ask(harness, "GET", "/audit?app=shop&limit=1")).body as { items: object[]; next: number };
    expect(ofShop.items).toMatchObject([{ app: "shop" }]);
    expect((await ask(harness, "GET", `/audit?app=shop&limit=1&after=${ofShop.next}`)).body).not.toEqual(ofShop);
  });

  it("says what it is", async () => {
    expect((await ask(harness, "GET", "/server")).body).toEqual({
      version: "0.1.0",
      domain: "localhost",
      url: "http://localhost:4000",
      runtime: "process",
    });
  });

  it("keeps what nobody foresaw to its log", async () => {
    harness.deployments.status = () => Promise.reject(new Error("secret /path/of/mine"));
    await givenLive(harness.store);
    const { status, body } = await ask(harness, "GET", "/apps/shop/environments/production");
    expect({ status, body }).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(JSON.stringify(body)).not.toContain("secret");
    const entry = harness.logged.find(({ level }) => level === "error");
    expect(entry?.message).toBe("secret /path/of/mine");
    expect(entry?.fields).toHaveProperty("reference", /reference (\w+)/.exec(JSON.stringify(body))?.[1]);
  });
});

describe("wakes", () => {
  let harness: Harness;
  const wake = `/apps/shop/environments/production/wake`;
  const wakes = `/apps/shop/environments/production/wakes`;
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("are begun by who may deploy, of one service or all, and told while they go on", async () => {
    expect((await ask(harness, "POST", wake, { token: harness.tokens.viewer, json: {} })).status).toBe(403);
    const begun = await ask(harness, "POST", wake, { token: harness.tokens.deployer, json: { service: "web" } });
    expect(begun).toMatchObject({ status: 202, body: { items: [{ id: "wk_1", state: "running", current: "queue" }] } });
    expect(await ask(harness, "GET", `${wakes}/wk_1`)).toMatchObject({ status: 200, body: { state: "running" } });
    harness.deployments.endsAtOnce = true;
    expect(await ask(harness, "POST", `${wake}?wait=5`, { json: {} })).toMatchObject({
      status: 200,
      body: { items: [{ state: "succeeded" }] },
    });
    expect(harness.deployments.asked).toMatchObject([
      { what: "wake", request: { ...shop, service: "web" } },
      { what: "wake", request: { service: null } },
    ]);
    expect(await ask(harness, "POST", wake, { json: { servce: "web" } })).toMatchObject({ status: 422 });
  });

  it("are listed by service, newest first, once they have ended", async () => {
    const cause = { kind: "request", by: "curl" } as const;
    const ended = { ...shop, service: "web", workload: "w", cause, startedAt: 1, endedAt: 21, current: null };
    const phases = [{ phase: "start", durationMs: 20 }] as const;
    for (const id of ["wk_a", "wk_b", "wk_c"])
      await harness.store.wakes.add({ ...ended, id, phases, state: "succeeded", reason: null });
    const page = await ask(harness, "GET", `${wakes}?service=web&limit=2`, { token: harness.tokens.viewer });
    expect(page).toMatchObject({ status: 200, body: { items: [{ id: "wk_c" }, { id: "wk_b" }], next: "wk_b" } });
    expect(await ask(harness, "GET", `${wakes}?service=web&after=wk_b`)).toMatchObject({
      body: { items: [{ id: "wk_a", phases, cause }], next: null },
    });
    expect(await ask(harness, "GET", `${wakes}/wk_a`)).toMatchObject({ status: 200, body: { endedAt: 21 } });
    expect(await ask(harness, "GET", `${wakes}/wk_none`)).toMatchObject({ status: 404, body: { code: "not-found" } });
    expect(await ask(harness, "GET", wakes)).toMatchObject({ status: 422, body: { path: "service" } });
  });
});
