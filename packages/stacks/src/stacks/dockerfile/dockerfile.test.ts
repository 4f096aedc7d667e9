import { describe, expect, test } from "vitest";
import { makePlanApp } from "../../plan-app.ts";
import { memoryTree, type MemoryFile } from "../../testing/memory-tree.ts";
import { commandOf, foundIn, packageJson, planOf, problemOf, servicesOf } from "../../testing/plan.ts";

type Files = Record<string, MemoryFile>;

const file = "FROM node:24-slim\nEXPOSE 3000\nCMD node server.js\n";
const node = { "package.json": packageJson({ scripts: { start: "node server.js" } }), "server.js": "" };

async function withoutDocker(files: Files) {
  const result = await makePlanApp({ dockerfiles: false })(memoryTree(files));
  return result.ok ? result.services[0]! : result.problem;
}

test("a Dockerfile in the root makes the image, and its EXPOSE is the port", async () => {
  const service = await planOf({ Dockerfile: file });
  expect(service.plan).toMatchObject({
    stack: "dockerfile",
    dockerfile: "Dockerfile",
    steps: [],
    buildImage: null,
    command: { argv: [] },
    env: { PORT: "3000" },
    base: { image: "docker.io/library/node:24-slim" },
  });
  expect(foundIn(service)).toEqual([
    "a Dockerfile (Dockerfile)",
    "listens on 3000 (Dockerfile EXPOSE)",
    "starts as the image says (Dockerfile)",
  ]);
});

test.each<[string, string, Record<string, string>, string]>([
  [
    "ENV PORT over EXPOSE",
    "FROM debian\nENV PORT=5000\nEXPOSE 80\nCMD x",
    { PORT: "5000" },
    "listens on 5000 (Dockerfile ENV PORT)",
  ],
  [
    "the first of several",
    "FROM debian\nEXPOSE 443 8080 9090\nCMD x",
    { PORT: "8080" },
    "listens on 8080, of 443, 8080, 9090 (Dockerfile EXPOSE)",
  ],
  [
    "the web server it stands on",
    "FROM nginx:alpine\nCOPY . /usr/share/nginx/html",
    { PORT: "80" },
    "listens on 80 (Dockerfile FROM nginx)",
  ],
  ["none", "FROM debian\nCMD x", {}, "listens on PORT (no EXPOSE says another port)"],
])("takes for the port %s", async (_, Dockerfile, env, found) => {
  const service = await planOf({ Dockerfile });
  expect(service.plan.env).toEqual(env);
  expect(foundIn(service)).toContain(found);
});

test("berth.yaml says another port by the variable", async () => {
  const service = await planOf({ Dockerfile: file, "berth.yaml": "env: { PORT: 4000 }" });
  expect(service.spec.env["PORT"]).toBe("4000");
});

test("a command of berth.yaml or a Procfile is started instead of the image's, and the image stays the same", async () => {
  const services = await servicesOf({
    Dockerfile: file,
    "berth.yaml": "services: { web: , worker: { command: node worker.js } }",
  });
  expect(services.map(commandOf)).toEqual(["", "node worker.js"]);
  expect(services.map(({ plan }) => ({ ...plan, findings: [] }))[0]).toEqual({ ...services[1]?.plan, findings: [] });
  expect(commandOf(await planOf({ Dockerfile: file, Procfile: "web: node other.js" }))).toBe("node other.js");
});

test("berth.yaml names another Dockerfile", async () => {
  const files = { ...node, "deploy/Dockerfile.web": "FROM debian\nEXPOSE 1234\nCMD x" };
  const service = await planOf({ ...files, "berth.yaml": "services: { web: { dockerfile: deploy/Dockerfile.web } }" });
  expect([service.plan.dockerfile, service.plan.env]).toEqual(["deploy/Dockerfile.web", { PORT: "1234" }]);
});

describe("beside a project of a stack", () => {
  const both = { ...node, Dockerfile: file };

  test("the Dockerfile wins", async () => {
    expect((await planOf(both)).plan.stack).toBe("dockerfile");
  });

  test.each(["stack: node", "build: node build.js", "version: 22"])("it does not against `%s`", async (said) => {
    const service = await planOf({ ...both, "berth.yaml": `services: { web: { ${said} } }` });
    expect([service.plan.stack, service.plan.dockerfile]).toEqual(["node", null]);
  });

  test("what berth.yaml says against it is told", async () => {
    const service = await planOf({ ...both, "berth.yaml": "services: { web: { version: 22 } }" });
    expect(foundIn(service)).toContain("not used, for berth.yaml says `version:` (Dockerfile)");
  });

  test("the stack is taken where there is no Docker, and it is told", async () => {
    const service = await withoutDocker(both);
    if (!("plan" in service)) throw new Error(service.message);
    expect([service.plan.stack, commandOf(service)]).toEqual(["node", "node server.js"]);
    expect(foundIn(service)).toContain("not used, for Berth works without Docker here (Dockerfile)");
  });
});

test.each<[string, Files]>([
  ["alone", { Dockerfile: file }],
  ["with a Procfile", { Dockerfile: file, Procfile: "web: ./run" }],
  ["that is named", { ...node, Dockerfile: file, "berth.yaml": "services: { web: { stack: dockerfile } }" }],
])("a Dockerfile %s is refused where there is no Docker", async (_, files) => {
  expect(await withoutDocker(files)).toMatchObject({
    message: "Dockerfile cannot be built: Berth works without Docker here.",
    path: "Dockerfile",
    hint: expect.stringContaining("BERTH_RUNTIME=docker"),
  });
});

test.each<[string, Files, string, string]>([
  [
    "one that is not there",
    { ...node, "berth.yaml": "services: { web: { dockerfile: Dockerfile.prod } }" },
    "There is no Dockerfile.prod.",
    "Correct `dockerfile:`",
  ],
  ["one without a stage", { Dockerfile: "RUN true\n" }, "Dockerfile has no FROM.", "FROM node:24-slim"],
  [
    "one that starts nothing",
    { Dockerfile: "FROM scratch\nCOPY a /\n" },
    "Dockerfile does not say what is started.",
    "CMD",
  ],
  [
    "`output:` beside it",
    { Dockerfile: file, "berth.yaml": "services: { web: { stack: dockerfile, output: dist } }" },
    "`output:` says nothing to a Dockerfile.",
    "stack:",
  ],
  [
    "another stack beside it",
    { ...node, Dockerfile: file, "berth.yaml": "services: { web: { dockerfile: Dockerfile, stack: node } }" },
    "services.web: `dockerfile:` and `stack: node` exclude each other.",
    "one of them",
  ],
])("refuses %s", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});
