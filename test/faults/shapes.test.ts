import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering } from "../support/programs.ts";
import { makeRepository, type PushResult, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

let berth: Berth;
let repository: Repository;

/** Workers write here when they begin and end: `+name` and `-name`. */
const journal = () => join(repository.folder, ".git/journal");
const worker = (name: string) => `
  import { appendFileSync } from "node:fs";
  const file = process.env.JOURNAL;
  appendFileSync(file, "+${name}\\n");
  process.once("SIGTERM", () => { appendFileSync(file, "-${name}\\n"); process.exit(); });
  setInterval(() => {}, 1000);
`;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "crew", { "package.json": '{ "type": "module" }' });
});
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

async function push(services: Record<string, string>, files: Record<string, string> = {}): Promise<PushResult> {
  const lines = Object.entries(services).map(([name, spec]) => `  ${name}: { ${spec} }\n`);
  repository.write({ "berth.yaml": `env: { JOURNAL: ${journal()} }\nservices:\n${lines.join("")}`, ...files });
  await repository.commit(`Have ${Object.keys(services).join(", ")}`);
  return await repository.push();
}

async function running(): Promise<Record<string, number>> {
  const { services } = await berth.status("crew");
  return Object.fromEntries(services.map(({ name, replicas }) => [name, replicas]));
}

/** The most workers that ran at once, by the journal; what was killed before it could sign off is not expected. */
function mostAtOnce(): number {
  let now = 0;
  let most = 0;
  for (const line of readFileSync(journal(), "utf8").trim().split("\n")) {
    now += line.startsWith("+") ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

function journalEnd(): string[] {
  return readFileSync(journal(), "utf8").trim().split("\n").slice(-2);
}

it("runs exactly one generation of a worker at any time: over a deploy, a failed one and a rollback", async () => {
  const web = "command: node web.js, health: { timeout: 3s }";
  const both = { web, worker: "command: node worker.js" };
  const first = await push(both, { "web.js": answering("one"), "worker.js": worker("first") });
  expect(first.output).toMatch(/live +v1/);
  expect(await running()).toEqual({ web: 1, worker: 1 });

  const second = await push(both, { "web.js": answering("two"), "worker.js": worker("second") });
  expect(second.output).toMatch(/live +v2/);
  expect(journalEnd()).toEqual(["-first", "+second"]);

  const failed = await push(both, { "worker.js": 'console.log("no crew"); process.exit(1);' });
  expect(failed.ok).toBe(false);
  expect(failed.output).toMatch(/no crew[^]*worker did not come up: it exited with code 1/);
  await until("the worker that was live is back", () => journalEnd().join() === "-second,+second");
  expect((await berth.get("crew.localhost")).body).toBe("two");

  expect(await berth.rollback("crew")).toMatchObject({ state: "succeeded" });
  expect(journalEnd()).toEqual(["-second", "+first"]);
  expect((await berth.get("crew.localhost")).body).toBe("one");
  expect(mostAtOnce()).toBe(1);
}, 60_000);

it("brings command, scale, variables and routes back with a rollback", async () => {
  const program = `import { createServer } from "node:http";
    createServer((request, response) => response.end([process.argv[2], process.env.MOOD, request.url].join(" ")))
      .listen(process.env.PORT);`;
  const before = { web: "command: node web.js hello, scale: 2, env: { MOOD: calm }, routes: [/a]" };
  expect((await push(before, { "web.js": program })).ok).toBe(true);
  expect((await berth.get("crew.localhost", "/a/x")).body).toBe("hello calm /a/x");
  expect((await push({ web: "command: node web.js ahoy, scale: 1, env: { MOOD: wild }, routes: [/b]" })).ok).toBe(true);
  expect((await berth.get("crew.localhost", "/b")).body).toBe("ahoy wild /b");
  expect((await berth.get("crew.localhost", "/a/x")).status).toBe(404);
  expect(await running()).toEqual({ web: 1 });
  expect(await berth.rollback("crew")).toMatchObject({ state: "succeeded" });
  expect((await berth.get("crew.localhost", "/a/x")).body).toBe("hello calm /a/x");
  expect((await berth.get("crew.localhost", "/b")).status).toBe(404);
  expect(await running()).toEqual({ web: 2 });
  const ready = async () =>
    (await berth.status("crew")).services[0]!.instances.filter(({ state }) => state === "ready");
  await until("both instances", async () => (await ready()).length === 2);
});

it("ends a service that berth.yaml has no more, and a renamed one under its old name", async () => {
  const web = "command: node web.js hi";
  expect((await push({ web, mail: "command: node worker.js" }, { "worker.js": worker("mail") })).ok).toBe(true);
  expect(journalEnd().at(-1)).toBe("+mail");
  expect((await push({ web, post: "command: node worker.js" }, { "worker.js": worker("post") })).ok).toBe(true);
  await until("mail has ended", () => readFileSync(journal(), "utf8").trimEnd().endsWith("-mail"));
  expect(await running()).toEqual({ web: 1, post: 1 });
  expect((await push({ web })).ok).toBe(true);
  await until("post has ended", () => readFileSync(journal(), "utf8").trimEnd().endsWith("-post"));
  expect(await running()).toEqual({ web: 1 });
}, 60_000);

it("lets a web service become a worker, and a worker a web service", async () => {
  const worked = await push({ web: "command: node web.js hi", side: "command: node web.js, health: { path: /x }" });
  expect(worked.ok).toBe(true);
  expect((await push({ web: "command: node web.js hi", side: "command: node worker.js" })).output).toMatch(/live +v/);
  expect(await running()).toEqual({ web: 1, side: 1 });
  const side = "command: node web.js side, routes: [/side]";
  expect((await push({ web: "command: node web.js hi", side })).output).toMatch(/live +v/);
  expect((await berth.get("crew.localhost", "/side")).body).toMatch(/^side/);
}, 60_000);
