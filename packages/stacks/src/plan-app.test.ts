import { BerthError } from "@berth/core";
import { describe, expect, test } from "vitest";
import { makePlanApp } from "./plan-app.ts";
import { memoryTree, type MemoryFile } from "./testing/memory-tree.ts";
import { commandOf, packageJson, planOf, problemOf, servicesOf, stepsOf } from "./testing/plan.ts";

const planApp = makePlanApp({ dockerfiles: true });
const server = { "package.json": packageJson({ scripts: { start: "node server.js" } }), "server.js": "" };

async function refusalOf(files: Record<string, MemoryFile>): Promise<string> {
  const error: unknown = await planApp(memoryTree(files)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BerthError)) throw new Error("expected a BerthError");
  return `${error.code}: ${error.message}`;
}

test("an app without berth.yaml has one service, web, at /", async () => {
  const { spec, source } = await planOf(server);
  expect(spec).toMatchObject({ name: "web", source: ".", routes: ["/"], listens: true });
  expect((await source.list()).map(({ path }) => path)).toEqual(["package.json", "server.js"]);
});

test("a plain site is served without a fallback, from where its index.html is", async () => {
  expect(commandOf(await planOf({ "index.html": "", "style.css": "" }))).toBe(
    "node ../berth/static-server/server.mjs .",
  );
  const inPublic = await planOf({ "public/index.html": "", "README.md": "" });
  expect(commandOf(inPublic)).toBe("node ../berth/static-server/server.mjs public");
  expect(inPublic.plan.contents).toEqual({ dependencies: [], app: ["public"], support: ["static-server"] });
});

test.each([
  ["command", "services: { web: { command: ./run --port $PORT } }", { run: "" }, "plain", "./run --port $PORT", []],
  ["command over a start script", "services: { web: { command: node other.js } }", server, "node", "node other.js", []],
  [
    "command that a dependency brings",
    "services: { web: { command: tsx a.ts } }",
    { "package.json": packageJson({ dependencies: { tsx: "4" } }), "package-lock.json": "" },
    "node",
    "node_modules/.bin/tsx a.ts",
    ["dependencies: npm ci"],
  ],
  ["build", "services: { web: { build: make } }", server, "node", "node server.js", ["app: make"]],
  [
    "output",
    "services: { web: { output: ./public/ } }",
    { ...server, "public/a.html": "" },
    "node",
    "node ../berth/static-server/server.mjs public",
    [],
  ],
  [
    "output of a folder without index.html",
    "services: { web: { output: pages } }",
    { "pages/a.html": "" },
    "static",
    "node ../berth/static-server/server.mjs pages",
    [],
  ],
  [
    "output that a build makes",
    "services: { web: { build: make site, output: out } }",
    { Makefile: "" },
    "static",
    "node ../berth/static-server/server.mjs out",
    ["app: make site"],
  ],
  [
    "stack",
    "services: { web: { stack: static } }",
    { ...server, "index.html": "" },
    "static",
    "node ../berth/static-server/server.mjs .",
    [],
  ],
])("berth.yaml's %s corrects the guess", async (_, yaml, files, stack, command, steps) => {
  const service = await planOf({ ...files, "berth.yaml": yaml });
  expect([service.plan.stack, commandOf(service)]).toEqual([stack, command]);
  expect(stepsOf(service)).toEqual(steps);
});

test("writable folders lie anywhere in a Dockerfile's image, and in the app's folder otherwise", async () => {
  const yaml = "services: { web: { command: node server.js, writable: [data, /srv/data/] } }";
  const service = await planOf({ Dockerfile: "FROM node:24-slim\n", "berth.yaml": yaml });
  expect(service.plan.writable).toEqual(["data", "/srv/data"]);
  await expect(planOf({ ...server, "berth.yaml": yaml })).rejects.toThrow(
    "services.web.writable[1]: expected a folder inside the app's",
  );
});

test("a command in berth.yaml leaves the plan as it is, so that a change of it needs no build", async () => {
  const [first, second] = await Promise.all(
    ["a.js", "b.js"].map((file) => planOf({ ...server, "berth.yaml": `services: { web: { command: node ${file} } }` })),
  );
  expect(first?.plan).toEqual(second?.plan);
  expect(first?.spec.command).not.toEqual(second?.spec.command);
});

test("a Procfile's process types are services of one plan, and only web is reached from outside", async () => {
  const services = await servicesOf({
    ...server,
    Procfile: "# ours\nworker: node worker.js\n\nweb: npm start\nurgent_jobs: node worker.js --urgent\n",
  });
  expect(services.map((service) => [service.spec.name, commandOf(service), service.spec.routes])).toEqual([
    ["worker", "node worker.js", []],
    ["web", "node server.js", ["/"]],
    ["urgent-jobs", "node worker.js --urgent", []],
  ]);
  expect(new Set(services.map(({ plan }) => JSON.stringify(plan))).size).toBe(1);
});

test("a Procfile overrides the start command, never the stack", async () => {
  const service = await planOf({
    ...server,
    "package-lock.json": "",
    Procfile: "web: node other.js",
    "package.json": packageJson({ dependencies: { vite: "7" }, scripts: { start: "vite", build: "vite build" } }),
  });
  expect([service.plan.stack, commandOf(service)]).toEqual(["node", "node other.js"]);
  expect(stepsOf(service)).toEqual(["dependencies: npm ci", "app: npm run build"]);
  expect(service.plan.contents).toMatchObject({ app: "all", support: [] });
});

test.each([
  ["berth.yaml", { ...server, "berth.yaml": "services: { web: { command: node other.js } }" }],
  ["Procfile", { ...server, Procfile: "web: node other.js" }],
  ["Procfile", { Procfile: "web: ./run" }],
  ["berth.yaml", { "index.html": "", "berth.yaml": "services: { web: { command: ./run } }" }],
])("tells that the command is %s's", async (from, files) => {
  expect((await planOf(files)).plan.findings).toContainEqual({ what: "a command of its own", from });
});

test("the package manager that nothing names goes without saying where it has nothing to do", async () => {
  const told = async (files: Record<string, MemoryFile>) => (await planOf(files)).plan.findings.map(({ what }) => what);
  expect(await told(server)).not.toContain("npm");
  expect(await told({ ...server, "package-lock.json": "" })).toContain("npm");
});

test("a Procfile alone is run as it is", async () => {
  const services = await servicesOf({ Procfile: "worker: ./work.sh | tee log" });
  expect(services.map(({ plan, spec }) => [plan.stack, spec.command, spec.listens])).toEqual([
    ["plain", { shell: "./work.sh | tee log" }, false],
  ]);
});

describe("the release command", () => {
  const releaseOf = async (files: Record<string, string>) => {
    const plan = await planApp(memoryTree({ ...server, ...files }));
    return plan.ok ? (plan.release ?? null) : plan.problem;
  };

  test("is that of berth.yaml, as the service that takes requests, within ten minutes", async () => {
    expect(await releaseOf({})).toBeNull();
    const yaml = "release: { command: node migrate.js }\nservices: { worker: { command: node w.js }, web: }";
    expect(await releaseOf({ "berth.yaml": yaml })).toEqual({
      command: { argv: ["node", "migrate.js"] },
      service: "web",
      timeoutMs: 600_000,
    });
    const other = "release: { command: a && b, service: worker, timeout: 90s }\nservices: { worker: , web: }";
    expect(await releaseOf({ "berth.yaml": other })).toEqual({
      command: { shell: "a && exec b" },
      service: "worker",
      timeoutMs: 90_000,
    });
  });

  test("is the Procfile's where berth.yaml has none", async () => {
    const Procfile = "release: node migrate.js\nweb: npm start";
    expect(await releaseOf({ Procfile })).toMatchObject({ command: { argv: ["node", "migrate.js"] }, service: "web" });
    expect(await releaseOf({ Procfile, "berth.yaml": "release: { command: node other.js }" })).toMatchObject({
      command: { argv: ["node", "other.js"] },
    });
  });

  test("runs as a service that there is", async () => {
    const yaml = "release: { command: node migrate.js, service: job }\nservices: { web: }";
    await expect(releaseOf({ "berth.yaml": yaml })).rejects.toThrow(
      "release.service: expected one of the services (web)",
    );
    const never = "release: { command: node migrate.js, timeout: 0s }";
    await expect(releaseOf({ "berth.yaml": never })).rejects.toThrow(
      "release.timeout: expected a duration from 1s to 1d, such as 10m",
    );
  });
});

test("services of berth.yaml take the Procfile's command of their name", async () => {
  const services = await servicesOf({
    ...server,
    Procfile: "web: node a.js\nworker: node b.js\nother: node c.js",
    "berth.yaml": "services: { web: , worker: }",
  });
  expect(services.map((service) => [service.spec.name, commandOf(service)])).toEqual([
    ["web", "node a.js"],
    ["worker", "node b.js"],
  ]);
});

test("a service that the Procfile does not know starts as its stack says", async () => {
  const service = await planOf({ ...server, Procfile: "worker: node b.js", "berth.yaml": "services: { web: }" });
  expect(commandOf(service)).toBe("node server.js");
});

test.each([
  ["web node server.js", "Procfile line 1: expected `web: <command>`."],
  ["web: a\nweb: b", "Procfile line 2: expected each process type once, but web is there before."],
  ["# nothing\n", "Procfile line 1: expected at least one line such as `web: node server.js`."],
])("refuses the Procfile %j", async (Procfile, message) => {
  expect((await problemOf({ ...server, Procfile })).message).toBe(message);
});

const shop = {
  "berth.yaml":
    "env: { A: app, B: app }\nservices:\n  web: { routes: [/] }\n  api: { source: ./api, routes: [/api], env: { B: own }, build: { command: make, env: { CI: 1 } } }\n  deep: { source: api/deep, routes: [] }\n",
  ...server,
  "api/package.json": packageJson({ scripts: { start: "node api.js" } }),
  "api/deep/package.json": packageJson({ scripts: { start: "node deep.js" } }),
};

test("a change of berth.yaml changes no source, but that of a Dockerfile, which may copy it", async () => {
  const sourceOf = async (files: Record<string, string>, max: number) =>
    (await planOf({ ...files, "berth.yaml": `services: { web: { scale: { max: ${max} } } }` })).source.id;
  expect(await sourceOf(server, 2)).toBe(await sourceOf(server, 3));
  const built = { Dockerfile: 'FROM node:24-slim\nCOPY . .\nCMD ["node", "server.js"]\n' };
  expect(await sourceOf(built, 2)).not.toBe(await sourceOf(built, 3));
  const alone = await planOf({ "berth.yaml": "services: { web: { stack: plain, build: make, command: ./run } }" });
  expect((await alone.source.list()).map(({ path }) => path)).toEqual(["berth.yaml"]);
});

test("each service has its folder without the folders of the others", async () => {
  const services = await servicesOf(shop);
  const trees = await Promise.all(services.map(async ({ source }) => (await source.list()).map(({ path }) => path)));
  expect(trees).toEqual([["package.json", "server.js"], ["package.json"], ["package.json"]]);
  expect(services.map(commandOf)).toEqual(["node server.js", "node api.js", "node deep.js"]);
  expect(services[1]?.spec.env).toEqual({ NODE_ENV: "production", A: "app", B: "own" });
  expect(services[1]?.buildEnv).toEqual({ CI: "1" });
});

test("a change in one service's folder leaves the trees and plans of the others as they are", async () => {
  const [before, after] = await Promise.all([servicesOf(shop), servicesOf({ ...shop, "api/api.js": "changed" })]);
  const sameTree = before.map(({ source }, index) => source.id === after[index]?.source.id);
  expect(sameTree).toEqual([true, false, true]);
  expect(before.map(({ plan }) => plan)).toEqual(after.map(({ plan }) => plan));
});

test("a problem of one service says which, and where", async () => {
  expect(await problemOf({ ...shop, "api/package.json": "{" })).toMatchObject({
    message: expect.stringMatching(/^Service api: package\.json is not valid JSON/),
    path: "api/package.json",
  });
});

test.each([
  ["services: { web: { scale: { max: many } } }", "config.invalid: services.web.scale.max: expected a number"],
  ["services: { web: { source: gone } }", "config.invalid: services.web.source: expected a folder of the repository"],
  [
    "services: { web: , api: { routes: [/] } }",
    "config.invalid: services.api.routes: expected a route of its own, but / is services.web's",
  ],
])("throws for the berth.yaml %j", async (yaml, message) => {
  expect(await refusalOf({ ...server, "berth.yaml": yaml })).toBe(message);
});

test("says the line of what is wrong only with all that is not written", async () => {
  const yaml = "services:\n  web: {}\n  worker:\n    command: node worker.js\n    scale: { min: 0, max: 5 }\n";
  await expect(planApp(memoryTree({ ...server, "berth.yaml": yaml }))).rejects.toMatchObject({
    code: "config.invalid",
    message:
      "services.worker.scale.min: expected at least 1 beside scale.max 5: this service takes no requests that could wake it",
    path: "services.worker.scale.min",
    hint: expect.stringContaining("line 5,"),
  });
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  ["nothing", {}, "There are no files here.", "Commit something"],
  [
    "a program alone",
    { "server.js": "" },
    "There is server.js, but nothing that says how to start it.",
    "services: { web: { command: node server.js } }",
  ],
  [
    "nothing for one of the services",
    { "berth.yaml": "services: { web: { command: ./run }, api: { source: api } }", "api/a.txt": "" },
    "Service api: Nothing here says how to run this.",
    "services: { api: { command: … } }",
  ],
  ["nothing that is known", { "README.md": "" }, "Nothing here says how to run this.", "Add a package.json"],
  [
    "a language that is not built",
    { "build.sbt": "" },
    "build.sbt says Scala, which Berth does not build by itself.",
    "Dockerfile",
  ],
  [
    "an app in a folder",
    { "app/package.json": "{}" },
    "Nothing in the root says how to run this, but there is app/package.json.",
    "source: app",
  ],
  [
    "apps in several folders",
    {
      "backend/requirements.txt": "",
      "frontend/index.html": "",
      "frontend/package.json": "",
      "docs/notes.md": "",
    },
    "Nothing in the root says how to run this, but there are backend/requirements.txt and frontend/package.json.",
    "services: { backend: { source: backend, routes: [/backend] }, frontend: { source: frontend, routes: [/] } }",
  ],
  [
    "an app of another language in a folder, beside what is not its own",
    { "a/node_modules/b/package.json": "{}", "back/end/go.mod": "", "backend/go.mod": "" },
    "Nothing in the root says how to run this, but there is backend/go.mod.",
    "source: backend",
  ],
  [
    "a project that lacks a program",
    { "go.mod": "module x", "x.go": "package x" },
    "There is no program in Go here: no package main in the root, below cmd/ or beside a main.go.",
    "build:",
  ],
  ["a wrong name of berth.yaml", { "berth.yml": "", ...server }, "berth.yml is not read.", "Rename it"],
  [
    "a stack that there is not",
    { ...server, "berth.yaml": "services: { web: { stack: nod } }" },
    "services.web.stack: there is no stack nod.",
    "Did you mean node?",
  ],
  [
    "node without a package.json",
    { "berth.yaml": "services: { web: { stack: node } }" },
    "There is no package.json.",
    "npm init",
  ],
  [
    "plain without a command",
    { "berth.yaml": "services: { web: { stack: plain } }" },
    "The stack plain has no command of its own.",
    "command:",
  ],
  [
    "an output that is not there",
    { "index.html": "", "berth.yaml": "services: { web: { output: site } }" },
    "The folder site is not there.",
    "build:",
  ],
])("with %s it says what to do", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});

test("links inside the tree are followed, others read as if not there", async () => {
  const linked = await planOf({
    "package.json": { link: "config/package.json" },
    "config/package.json": server["package.json"],
    "server.js": "",
  });
  expect(commandOf(linked)).toBe("node server.js");
  for (const link of ["/etc/passwd", "../outside", "package.json", "gone"]) {
    expect((await problemOf({ "package.json": { link } })).message).toBe("package.json cannot be read.");
  }
});

test("a byte order mark and Windows' line ends do not matter", async () => {
  const service = await planOf({
    "package.json": `\uFEFF${server["package.json"]}`,
    ".nvmrc": "20\r\n",
    Procfile: "web: node a.js\r\n",
    "berth.yaml": "\uFEFFenv:\r\n  A: b\r\n",
  });
  expect([commandOf(service), service.plan.tools, service.spec.env["A"]]).toEqual(["node a.js", { node: "20" }, "b"]);
});

test("of more files than are read the ones nearest to the root are", async () => {
  const many = Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`a/${index}/package.json`, "{}"]));
  expect(commandOf(await planOf({ ...many, ...server }))).toBe("node server.js");
});

test("a tree of 100,000 files is planned by the few that matter", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, index) => [`data/${index % 100}/${index}.txt`, ""]),
  );
  expect(commandOf(await planOf({ ...many, ...server }))).toBe("node server.js");
});
