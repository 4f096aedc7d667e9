import { makeShareToken, type HostRoutes, systemClock } from "@berth/core";
import { expect, it } from "vitest";
import { ask } from "./support/request.ts";
import { converse, startInstance, startRouter } from "./support/servers.ts";
import { tableOf } from "./support/table.ts";

const key = "11".repeat(32);
const host = "shop--feature.localhost:4000";
const good = () => makeShareToken(key, systemClock.now() + 60_000);

/** A router with a preview, protected or not, whose app answers with what it got. */
async function givenPreview(parts: Partial<HostRoutes> = { access: { key, owner: "ada" } }) {
  let requests = 0;
  const instance = await startInstance((req, res) => {
    requests += 1;
    res.setHeader("X-Robots-Tag", "all");
    res.end(JSON.stringify({ url: req.url, headers: req.headers }));
  });
  const started = await startRouter([]);
  const table = tableOf([{ id: "web", ports: [instance.port], host: "shop--feature.localhost" }], 10);
  const routes = table.hosts.get("shop--feature.localhost")!;
  const hosts = new Map([["shop--feature.localhost", { ...routes, environment: "feature", ...parts }]]);
  started.router.apply({ ...table, hosts });
  return {
    port: started.port,
    requests: () => requests,
    get: (path: string, headers: Record<string, string> = {}, method = "GET") =>
      ask({ port: started.port, host, path, headers, method }),
  };
}

const got = ({ body }: { body: string }) => JSON.parse(body) as { url: string; headers: Record<string, string> };

it("lets a browser in by a link, once, and takes the token out of its address", async () => {
  const { get, requests } = await givenPreview();
  const token = good();
  const answer = await get(`/page?a=1&berth_share=${token}&b=%20`);
  expect(answer).toMatchObject({ status: 303, headers: { location: "/page?a=1&b=%20", "cache-control": "no-store" } });
  expect(answer.headers["set-cookie"]).toEqual([
    expect.stringMatching(/^berth_share=[\w.-]+; Path=\/; Max-Age=(59|60); HttpOnly; SameSite=Lax$/),
  ]);
  expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  expect(requests()).toBe(0);
  const page = await get("/page?a=1", { cookie: `theme=dark; berth_share=${token}; lang=en` });
  expect(got(page)).toMatchObject({ url: "/page?a=1", headers: { cookie: "theme=dark; lang=en" } });
});

it("lets programs in by a header, or a link that they post to, and shows the app neither", async () => {
  const { get } = await givenPreview();
  const token = good();
  for (const answer of [
    await get("/x", { "Berth-Share": token, Berth_Share: token }),
    await get(`/x?berth_share=${token}`, { cookie: `berth_share=${token}` }, "POST"),
    await get("/x", { "berth-share": token, referer: `http://${host}/?berth_share=${token}` }),
  ]) {
    expect(answer.status).toBe(200);
    expect(got(answer).url).toBe("/x");
    expect(answer.body).not.toContain(token);
  }
});

it.each([
  ["no token", "", "share-missing"],
  ["a made-up one", "?berth_share=abc", "share-wrong"],
  ["one of another environment", `?berth_share=${makeShareToken("22".repeat(32), Date.now() + 9e6)}`, "share-wrong"],
  ["one whose time is over", `?berth_share=${makeShareToken(key, Date.now() - 1_000)}`, "share-expired"],
])("refuses %s, says whom to ask, and disturbs no app", async (_, query, reason) => {
  const { get, requests } = await givenPreview();
  const answer = await get(`/${query}`, { accept: "application/json" });
  expect(answer).toMatchObject({ status: 403, headers: { "x-robots-tag": "noindex, nofollow" } });
  expect(JSON.parse(answer.body)).toMatchObject({
    code: `router.${reason}`,
    hint: "Ask ada, or whoever works on it, for a link.",
    command: "berth environments share feature --app shop",
  });
  expect(answer.headers["set-cookie"]).toBeUndefined();
  expect(requests()).toBe(0);
});

it("takes a good cookie beside a bad one, which a neighbour of its domain can have set", async () => {
  const { get } = await givenPreview();
  expect((await get("/", { cookie: `berth_share=bad; berth_share=${good()}` })).status).toBe(200);
});

it("leads to no other host", async () => {
  const { port } = await givenPreview();
  for (const path of ["//example.org", "/\\example.org", "/\\/example.org"]) {
    const text = await converse(
      port,
      `GET ${path}?berth_share=${good()} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^location: \/example\.org\r$/im);
  }
});

it("lets an upgrade in by its cookie alone", async () => {
  const { port } = await givenPreview();
  const upgrade = (cookie: string) =>
    converse(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: x\r\nCookie: ${cookie}\r\n\r\n`);
  expect(await upgrade("a=b")).toMatch(/^HTTP\/1.1 403 /);
});

it("keeps search engines from all that is not production's own address, whatever the app says", async () => {
  const { get } = await givenPreview({});
  const answer = await get("/?berth_share=left-over", { cookie: "berth_share=left-over" });
  expect(answer.rawHeaders.filter((text) => text.toLowerCase() === "x-robots-tag")).toHaveLength(1);
  expect(answer.headers["x-robots-tag"]).toBe("noindex, nofollow");
  expect(got(answer)).toMatchObject({ url: "/", headers: expect.not.objectContaining({ cookie: expect.anything() }) });
  const permalink = await givenPreview({ environment: "production", version: 3 });
  expect((await permalink.get("/")).headers["x-robots-tag"]).toBe("noindex, nofollow");
  const production = await givenPreview({ environment: "production" });
  expect((await production.get("/")).headers["x-robots-tag"]).toBe("all");
});
