import { expect, test } from "vitest";
import { commandOf, foundIn, packageJson, planOf, problemOf, stepsOf } from "../../testing/plan.ts";
import { readVersion } from "./deno-version.ts";

const config = (members: object = {}) => JSON.stringify(members);
const run = "env DENO_SERVE_ADDRESS=tcp:0.0.0.0:$PORT deno run --cached-only";

test.each([
  ["2.1.4", "2.1.4"],
  ["v1.46.3", "1.46.3"],
  ["2", "2.9.6"],
  ["^2.1", "2.9.6"],
  ["1.46", "1.46.0"],
  ["newest", null],
])("reads the version %j as %j", (text, version) => {
  expect(readVersion(text)).toBe(version);
});

test.each([
  ["berth.yaml version", { "berth.yaml": "services: { web: { version: 2.1.4 } }", ".dvmrc": "2.0.0" }, "2.1.4"],
  [".dvmrc", { ".dvmrc": "2.0.0\n" }, "2.0.0"],
  [".tool-versions", { ".tool-versions": "deno 2.2.0\n" }, "2.2.0"],
  ["the default", {}, "2.9.6"],
])("takes the version from %s", async (from, files, version) => {
  const { plan } = await planOf({ "deno.json": config(), "main.ts": "", ...files });
  expect(plan.tools).toEqual({ deno: version });
  expect(plan.findings).toContainEqual({ what: `Deno ${version}`, from });
  expect(plan.base.image).toBe(`docker.io/denoland/deno:${version}`);
});

test.each([
  ["the task start", { tasks: { start: "deno run -A --env-file server.ts" } }, {}, `${run} -A --env-file server.ts`],
  [
    "a task that is described",
    { tasks: { start: { description: "x", command: "deno run --allow-net server.ts" } } },
    {},
    `${run} --allow-net server.ts`,
  ],
  ["a task behind another", { tasks: { start: "deno task serve", serve: "deno run -A x.ts" } }, {}, `${run} -A x.ts`],
  [
    "the task that does not watch",
    { tasks: { start: "deno run -A --watch=static/ dev.ts", preview: "deno run -A main.ts" } },
    {},
    `${run} -A main.ts`,
  ],
  ["without watching", { tasks: { start: "deno run --watch -A main.ts" } }, {}, `${run} -A main.ts`],
  [
    "what is served",
    { tasks: { start: "deno serve -A _fresh/server.js" } },
    {},
    "deno serve --port $PORT --host 0.0.0.0 --cached-only -A _fresh/server.js",
  ],
  ["main.ts", {}, { "main.ts": "Deno.serve(() => new Response())" }, `${run} --allow-all main.ts`],
  [
    "a module that exports its handler",
    {},
    { "server.ts": "export default { fetch() { return new Response() } }" },
    "deno serve --port $PORT --host 0.0.0.0 --cached-only --allow-all server.ts",
  ],
])("starts %s", async (_, members, files, command) => {
  expect(commandOf(await planOf({ "deno.json": config(members), ...files }))).toBe(command);
});

test("brings what deno.json names in a layer of its own, as it is locked", async () => {
  const service = await planOf({
    "deno.jsonc": '{\n  // ours\n  "imports": { "hono": "npm:hono@4" },\n}',
    "deno.lock": "{}",
    "main.ts": 'import { Hono } from "hono";',
    "lib/deno.json": "{}",
  });
  expect(stepsOf(service)).toEqual([
    "dependencies: deno install --frozen",
    expect.stringContaining("dependencies: rm -rf .berth/deno/*_cache_v*"),
  ]);
  expect(service.plan.steps[0]).toMatchObject({
    inputs: ["deno.jsonc", "lib/deno.json", "deno.lock"],
    env: { DENO_DIR: ".berth/deno" },
    network: true,
  });
  expect(service.plan.contents).toEqual({ dependencies: [".berth/deno"], app: "all", support: [] });
  expect(service.plan.env).toEqual({ DENO_DIR: "/app/.berth/deno", DENO_NO_UPDATE_CHECK: "1" });
});

test("brings modules that the source names by address with the source", async () => {
  const service = await planOf({ "deno.json": config(), "main.ts": 'import x from "https://deno.land/x/y/mod.ts";' });
  expect(stepsOf(service)).toContain("app: deno cache main.ts");
  expect(foundIn(service)).toEqual(
    expect.arrayContaining([
      "modules that the source names by address are brought in each build (main.ts)",
      "no deno.lock: versions may differ from build to build; commit one (deno.json)",
    ]),
  );
});

test("runs the task build", async () => {
  const service = await planOf({ "deno.json": config({ tasks: { build: "vite build" } }), "main.ts": "" });
  expect(stepsOf(service).at(-1)).toBe("app: deno task build");
  const own = await planOf({
    "deno.json": config({ tasks: { build: "vite build" } }),
    "main.ts": "",
    "berth.yaml": "services: { web: { build: deno task other, output: dist } }",
  });
  expect([stepsOf(own).at(-1), commandOf(own)]).toEqual([
    "app: deno task other",
    "node ../berth/static-server/server.mjs dist",
  ]);
});

test("packages of npm's beside a package.json are part of the layer", async () => {
  const service = await planOf({
    "deno.json": config({ tasks: { start: "deno run -A main.ts" } }),
    "package.json": packageJson({ dependencies: { hono: "4" } }),
    "main.ts": "",
  });
  expect([service.plan.stack, service.plan.contents.dependencies]).toEqual(["deno", [".berth/deno", "node_modules"]]);
});

test("a deno.json for a tool leaves the project Node's", async () => {
  const service = await planOf({
    "deno.json": config({ lint: {} }),
    "package.json": packageJson({ scripts: { start: "node server.js" } }),
    "server.js": "",
  });
  expect(service.plan.stack).toBe("node");
});

test("a Procfile's tasks and programs run as they would with Deno", async () => {
  const files = { "deno.json": config({ tasks: { work: "deno run -A work.ts" } }), "main.ts": "" };
  expect(commandOf(await planOf({ ...files, Procfile: "web: deno task work" }))).toBe(`${run} -A work.ts`);
});

test("says what is missing or wrong", async () => {
  expect((await problemOf({ "deno.json": config(), "lib.rs": "" })).message).toMatch(/^Nothing here says how to start/);
  expect((await problemOf({ "deno.json": '{\n  "tasks": {\n', "main.ts": "" })).message).toMatch(
    /^deno\.json is not valid JSON: \w+ in line 3\.$/,
  );
});
