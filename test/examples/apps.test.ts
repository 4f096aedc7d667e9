import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const examples = join(import.meta.dirname, "../../examples");

let berth: Berth;
let repository: Repository | null = null;

beforeAll(async () => {
  berth = await startBerth();
});
afterEach(() => {
  repository?.remove();
  repository = null;
});
afterAll(() => berth.stop());

async function deploy(name: string): Promise<Repository> {
  repository = await makeRepository(berth, name, join(examples, name));
  const { ok, output } = await repository.push();
  expect(output).toContain(`http://${name}.localhost:${berth.port}`);
  expect(ok).toBe(true);
  return repository;
}

it("serves hello, which has no dependencies", async () => {
  await deploy("hello");
  const { status, headers, body } = await berth.get("hello.localhost");
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(body).toContain("Hello from hello");
  expect((await berth.get("hello.localhost", "/nowhere")).status).toBe(404);
});

it("installs what express has in its lockfile, once for all releases with that lockfile", async () => {
  const { write, commit, push } = await deploy("express");
  expect(JSON.parse((await berth.get("express.localhost", "/notes")).body)).toContain("Check the tide");
  expect((await berth.get("express.localhost", "/healthz")).body).toBe("ok");
  write({ "NOTES.md": "Only a file more.\n" });
  await commit("Note something");
  const { ok, output } = await push();
  expect(ok).toBe(true);
  expect(output).not.toMatch(/npm (ci|install)/);
  expect((await berth.get("express.localhost", "/healthz")).body).toBe("ok");
}, 90_000);

it("builds the vite site and serves it as a single-page app", async () => {
  await deploy("vite");
  const page = await berth.get("vite.localhost");
  expect(page.headers["content-type"]).toMatch(/^text\/html/);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.body)![1]!;
  const asset = await berth.get("vite.localhost", script);
  expect(asset.headers["content-type"]).toMatch(/javascript/);
  expect(asset.headers["cache-control"]).toMatch(/immutable/);
  expect(page.headers["cache-control"] ?? "").not.toMatch(/immutable/);
  const deep = await berth.get("vite.localhost", "/week", { accept: "text/html" });
  expect(deep.status).toBe(200);
  expect(deep.body).toBe(page.body);
  expect((await berth.get("vite.localhost", "/assets/gone.js")).status).toBe(404);
}, 90_000);

it("does not answer 304 for a file that changed and kept its size", async () => {
  const { folder, write, commit, push } = (repository = await makeRepository(berth, "tides", {
    "index.html": "<!doctype html><title>Tides</title><p>low",
    "style.css": "p { color: teal }",
  }));
  expect(folder).not.toBe("");
  expect((await push()).ok).toBe(true);
  const first = await berth.get("tides.localhost", "/index.html");
  const style = await berth.get("tides.localhost", "/style.css");
  const etag = String(first.headers["etag"]);
  const since = String(first.headers["last-modified"]);
  expect((await berth.get("tides.localhost", "/index.html", { "if-none-match": etag })).status).toBe(304);
  write({ "index.html": "<!doctype html><title>Tides</title><p>top" });
  await commit("Say top");
  expect((await push()).ok).toBe(true);
  const changed = await berth.get("tides.localhost", "/index.html", { "if-none-match": etag });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatch(/top$/);
  expect(changed.body.length).toBe(first.body.length);
  expect((await berth.get("tides.localhost", "/index.html", { "if-modified-since": since })).status).toBe(200);
  const unchanged = { "if-none-match": String(style.headers["etag"]) };
  expect((await berth.get("tides.localhost", "/style.css", unchanged)).status).toBe(304);
});

it("runs both process types of the Procfile and keeps the worker's lines", async () => {
  await deploy("procfile");
  expect((await berth.get("procfile.localhost")).body).toMatch(/^The web process, up since/);
  const { services } = await berth.status("procfile");
  expect(services.map(({ name, routes }) => [name, routes])).toEqual([
    ["web", ["/"]],
    ["worker", []],
  ]);
  const lines: string[] = [];
  for await (const { service, text } of berth.logs({ app: "procfile", service: "worker", follow: true })) {
    expect(service).toBe("worker");
    lines.push(text);
    if (/job \d+ done/.test(text)) break;
  }
  expect(lines).toContain("Worker: started");
});
