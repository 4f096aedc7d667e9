import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Operation } from "../../packages/core/src/index.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { until } from "../support/until.ts";
import { makePerson, type Person, type Running } from "./cli.ts";

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth();
});
afterAll(() => berth.stop());
beforeEach(() => {
  ada = makePerson(berth);
});
afterEach(() => ada.remove());

/** A server that tells a text, and its process by which one sees whether it was restarted. */
const telling = (text: string) => `
  require("node:http").createServer((_, s) => s.end(${JSON.stringify(text)} + " " + process.pid))
    .listen(process.env.PORT, () => console.log("tells " + ${JSON.stringify(text)}));
`;
const twoServices = {
  "berth.yaml": `
services:
  web: { source: ./web, command: node server.js, routes: [/] }
  api: { source: ./api, command: node server.js, routes: [/api] }
`,
  "web/package.json": "{}",
  "web/server.js": telling("one"),
  "api/package.json": "{}",
  "api/server.js": telling("api"),
};

const shows = (dev: Running, text: string | RegExp) =>
  until(
    `${text} in ${dev.output()}`,
    () => (typeof text === "string" ? dev.output().includes(text) : text.test(dev.output())),
    60_000,
  );

/** Begins `berth dev`, and gives where it serves once it does. */
async function begin(app: string, ...options: string[]) {
  const dev = ada.start(["dev", "--app", app, ...options]);
  await shows(dev, /http:\/\/\S+--\S+:\d+\n/);
  const [, host, environment] = /http:\/\/(\S+--(\S+)\.localhost):\d+\n/.exec(dev.output())!;
  const ask = async (path = "/") => (await berth.get(host!, path)).body;
  const answers = (text: string) => until(`the answer ${text}`, async () => (await ask()).startsWith(text), 60_000);
  return { dev, environment: environment!, ask, answers };
}

async function environmentsOf(app: string): Promise<string[]> {
  const { items } = await (await berth.api().apps[":app"].environments.$get({ param: { app } })).json();
  return items.map(({ name }) => name);
}

test("berth dev deploys at each save what has changed, tells what is wrong, and ends with Ctrl-C", async () => {
  ada.write(twoServices);
  const { dev, environment, ask, answers } = await begin("saving");
  expect(dev.output()).toContain("Created the app saving.");
  const api = await ask("/api");
  ada.write({ "web/server.js": telling("two") });
  await answers("two ");
  await shows(dev, /✓ v2 in .*  web\/server\.js  web restarted, api goes on/);
  await shows(dev, /web v2 \| tells two/);
  expect(await ask("/api")).toBe(api);
  ada.write({ "web/server.js": "this is no JavaScript" });
  await shows(dev, "✗ v2 goes on: web did not come up");
  await shows(dev, "SyntaxError");
  await answers("two ");
  ada.write({ "web/server.js": telling("three") });
  await answers("three ");
  expect(await ask("/api")).toBe(api);
  // Neither a broken berth.yaml nor none ends it.
  ada.write({ "berth.yaml": "services: { web: { sauce: . } }" });
  await shows(dev, "sauce");
  ada.write({ "berth.yaml": twoServices["berth.yaml"], "web/server.js": telling("four") });
  await answers("four ");
  dev.interrupt();
  const { code, err } = await dev.done;
  expect([code, err]).toEqual([130, expect.stringContaining(`${environment} of saving stays`)]);
  expect(await ask()).toMatch(/^four /);
  expect(await ada.berth(["dev", "down", "--app", "saving"])).toMatchObject({
    code: 0,
    out: `Removed ${environment} of saving\n`,
  });
  expect(await environmentsOf("saving")).toEqual([]);
  expect((await ada.berth(["dev", "down", "--app", "saving"])).out).toContain("no environment of your own");
}, 240_000);

test("berth dev follows a checkout of many files, new folders and a folder that goes, and --down leaves nothing", async () => {
  await ada.git("init", "--quiet", "--initial-branch=main");
  const main = { "package.json": `{ "scripts": { "start": "node server.js" } }`, "server.js": telling("main") };
  ada.write({ ...main, ".gitignore": "node_modules\n*.log\n", "node_modules/x/index.js": "1" });
  await ada.git("add", "--all");
  await ada.git("commit", "--quiet", "-m", "Begin");
  await ada.git("checkout", "--quiet", "-b", "many");
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`lib/${n % 20}/deep/${n}.js`, String(n)]));
  ada.write({ ...many, "server.js": `${telling("many")}require("./lib/19/deep/599.js");` });
  await ada.git("add", "--all");
  await ada.git("commit", "--quiet", "-m", "Many");
  await ada.git("checkout", "--quiet", "main");
  const { dev, answers } = await begin("checking-out", "--down");
  await ada.git("checkout", "--quiet", "many");
  await answers("many ");
  ada.write({ "lib/19/deep/599.js": "require('../../../new/folder/text.js')", "new/folder/text.js": "1" });
  ada.write({ "server.js": `require("./lib/19/deep/599.js");${telling("deep")}` });
  await answers("deep ");
  ada.write({ "server.js": `console.log(require("node:fs").existsSync("lib"));${telling("gone")}` });
  rmSync(join(ada.folder, "lib"), { recursive: true });
  await answers("gone ");
  await shows(dev, /\| false/);
  ada.write({ "node_modules/x/index.js": "2", "debug.log": "1", ".server.js.swp": "1" });
  ada.write({ "server.js": telling("last") });
  await answers("last ");
  dev.interrupt();
  const { out, err } = await dev.done;
  expect(out).toContain("of checking-out\n");
  // Each deploy says which files are otherwise.
  expect(err).toContain("server.js");
  expect(err).not.toMatch(/node_modules\/x|debug\.log|\.swp/);
  expect(await environmentsOf("checking-out")).toEqual([]);
}, 240_000);

test("berth dev goes on where the server was killed, and ends where its folder goes", async () => {
  ada.write(twoServices);
  const { dev, answers } = await begin("killed");
  await berth.kill();
  ada.write({ "web/server.js": telling("two") });
  await shows(dev, "Nothing answers");
  await berth.restart();
  await answers("two ");
  rmSync(ada.folder, { recursive: true });
  expect(await dev.done).toMatchObject({ code: 2, err: expect.stringContaining("There is no folder") });
}, 240_000);

test("berth dev up deploys once, says where for scripts, and follows berth.yaml of another app only by name", async () => {
  ada.write(twoServices);
  const { code, out } = await ada.berth(["dev", "up", "--app", "once"]);
  expect(code).toBe(0);
  const [environment] = await environmentsOf("once");
  expect(out).toBe(`http://once--${environment}.localhost:${berth.port}\n`);
  const operation = await ada.json<Operation>(["dev", "up", "--app", "once"]);
  expect(operation).toMatchObject({ kind: "deploy", state: "succeeded", environment, version: 2 });
  ada.write({ "web/server.js": "process.exit(3)" });
  expect(await ada.berth(["dev", "up", "--app", "once"])).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("exited with code 3"),
  });
  expect(await ada.berth(["dev", "up"])).toMatchObject({ code: 2 });
}, 120_000);
