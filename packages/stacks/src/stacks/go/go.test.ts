import { describe, expect, test } from "vitest";
import type { MemoryFile } from "../../testing/memory-tree.ts";
import { commandOf, foundIn, packageJson, planOf, problemOf, servicesOf, stepsOf } from "../../testing/plan.ts";

const main = "package main\n\nfunc main() {}\n";
const mod = "module example.com/shop\n\ngo 1.26\n";
const needs = `${mod}\nrequire (\n\tgithub.com/go-chi/chi/v5 v5.2.0\n\tgolang.org/x/sys v0.1.0 // indirect\n)\n`;
const build = (name: string, what: string) =>
  `app: go build -trimpath -buildvcs=false "-ldflags=-s -w" -o .berth/bin/${name} ${what}`;

test("a module with its program in the root is built into a static program on a slim Debian", async () => {
  const service = await planOf({ "go.mod": needs, "go.sum": "", "main.go": main });
  expect(stepsOf(service)).toEqual([build("shop", ".")]);
  expect(commandOf(service)).toBe("shop");
  expect(service.plan).toMatchObject({
    stack: "go",
    base: { image: "docker.io/library/debian:bookworm-slim" },
    buildImage: { image: "docker.io/library/golang:1.26" },
    tools: { go: "1.26" },
    programs: [".berth/bin"],
    env: { SSL_CERT_FILE: "/berth/certificates/ca-certificates.crt" },
    contents: { dependencies: [], app: [".berth/bin"], support: ["certificates"] },
    steps: [{ env: { CGO_ENABLED: "0", GOTOOLCHAIN: "auto" }, caches: ["go"], network: true }],
  });
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  ["a program in files of the root", { "go.mod": mod, "a.go": main, "b.go": "package main" }, ".", "shop"],
  ["a module of a major version", { "go.mod": "module example.com/shop/v2\ngo 1.26", "main.go": main }, ".", "shop"],
  [
    "a library with one folder under cmd",
    { "go.mod": mod, "shop.go": "package shop", "cmd/server/main.go": main },
    "./cmd/server",
    "server",
  ],
  ["a program right in cmd", { "go.mod": mod, "cmd/main.go": main }, "./cmd", "shop"],
  ["a program somewhere else", { "go.mod": mod, "src/main.go": main }, "./src", "shop"],
  [
    "a module of go.work that has one",
    {
      "go.work": "go 1.26\n\nuse (\n\t./api // ours\n\t./lib\n)\n",
      "api/go.mod": "module example.com/api",
      "api/main.go": main,
      "lib/go.mod": "module example.com/lib",
      "lib/lib.go": "package lib",
    },
    "./api",
    "api",
  ],
  [
    "a module of go.work with cmd",
    { "go.work": "go 1.26\nuse ./api", "api/go.mod": "module example.com/api", "api/cmd/serve/main.go": main },
    "./api/cmd/serve",
    "serve",
  ],
  [
    "generators and examples beside a program",
    {
      "go.mod": mod,
      "shop.go": "package shop",
      "gen.go": `//go:build ignore\n\n${main}`,
      "cmd/shop/main.go": `/* Ours. */\n// package lies\n${main}`,
      "examples/one/main.go": main,
      "vendor/example.com/x/cmd/x/main.go": main,
      "cmd/shop/main_test.go": "package main",
    },
    "./cmd/shop",
    "shop",
  ],
  ["a program whose package has a comment", { "go.mod": mod, "main.go": 'package main // import "x"\n' }, ".", "shop"],
])("builds %s", async (_, files, what, name) => {
  const service = await planOf(files);
  expect([stepsOf(service), commandOf(service)]).toEqual([[build(name, what)], name]);
});

test("main.go without a module is built from its files", async () => {
  const service = await planOf({ "main.go": main, "util.go": "package main", "main_test.go": "package main" });
  expect(stepsOf(service)).toEqual([build("app", "main.go util.go")]);
  expect(foundIn(service)).toContain(
    "no modules: only Go's own packages can be imported; `go mod init` changes that (main.go)",
  );
});

describe("of several programs", () => {
  const several = { "go.mod": mod, "cmd/migrate/main.go": main, "cmd/shopd/main.go": main };

  test("the usual one is started, and only it is built", async () => {
    const service = await planOf({ ...several, "cmd/server/main.go": main });
    expect([stepsOf(service), commandOf(service)]).toEqual([[build("server", "./cmd/server")], "server"]);
    expect(foundIn(service)).toContain("starts server, out of migrate, server and shopd (cmd/server)");
  });

  test("the root's is started before those under cmd", async () => {
    expect(commandOf(await planOf({ ...several, "main.go": main }))).toBe("shop");
  });

  test("none is guessed where none is usual", async () => {
    expect(await problemOf(several)).toEqual({
      message: "There are 2 programs, and nothing says which one to start: migrate and shopd.",
      path: null,
      hint: "Say it in berth.yaml: `services: { web: { command: migrate } }`, or in a Procfile: `web: migrate`.",
    });
  });

  test("berth.yaml chooses with a command, and all services share one image", async () => {
    const yaml = "services: { web: { command: shopd --port $PORT }, migrate: }";
    const services = await servicesOf({ ...several, "cmd/other/main.go": main, "berth.yaml": yaml });
    expect(services.map(commandOf)).toEqual(["shopd --port $PORT", "migrate"]);
    expect(stepsOf(services[0]!)).toEqual([build("migrate", "./cmd/migrate"), build("shopd", "./cmd/shopd")]);
    const [first, second] = services.map(({ plan }) => ({ ...plan, findings: [] }));
    expect(first).toEqual(second);
  });

  test("a Procfile chooses, in the words of other platforms too", async () => {
    const Procfile = "web: bin/shopd -v\nworker: go run ./cmd/migrate up\n";
    expect((await servicesOf({ ...several, Procfile })).map(commandOf)).toEqual(["shopd -v", "migrate up"]);
  });

  test("all are built where a script may start any", async () => {
    const service = await planOf({
      ...several,
      "run.sh": "",
      "berth.yaml": "services: { web: { command: ./run.sh } }",
    });
    expect(stepsOf(service).length).toBe(2);
    expect(commandOf(service)).toBe("./run.sh");
    expect(service.plan.contents.app).toEqual([".berth/bin", "run.sh"]);
  });

  test("equal names are told apart by their modules", async () => {
    const service = await planOf({
      "go.work": "use (\n./a\n./b\n)",
      "a/go.mod": "module x/a",
      "b/go.mod": "module x/b",
      "a/cmd/server/main.go": main,
      "b/cmd/server/main.go": main,
      Procfile: "web: a-server",
    });
    expect([stepsOf(service), commandOf(service)]).toEqual([[build("a-server", "./a/cmd/server")], "a-server"]);
  });
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  ["go.mod's go", { "go.mod": "module x\ngo 1.24.3" }, "1.24", "Go 1.24 (go.mod go)"],
  ["go.mod's toolchain", { "go.mod": "module x\ngo 1.23\ntoolchain go1.25.1" }, "1.25", "Go 1.25 (go.mod toolchain)"],
  [
    "go.mod's go of a time when it was a dialect",
    { "go.mod": "module x\ngo 1.16" },
    "1.26",
    "Go 1.26, for 1.16 is only the least it needs (go.mod go)",
  ],
  ["nothing", { "go.mod": "module x" }, "1.26", "Go 1.26 (the default)"],
  [".go-version", { "go.mod": mod, ".go-version": "1.25.2\n" }, "1.25.2", "Go 1.25.2 (.go-version)"],
  [
    ".tool-versions",
    { "go.mod": mod, ".tool-versions": "nodejs 22\ngolang 1.25.2 # x\n" },
    "1.25.2",
    "Go 1.25.2 (.tool-versions)",
  ],
  [
    "mise.toml",
    { "go.mod": mod, "mise.toml": '[env]\ngo = "no"\n[tools]\ngo = "1.25"\n[tasks]\n' },
    "1.25",
    "Go 1.25 (mise.toml)",
  ],
  [
    "berth.yaml",
    { "go.mod": mod, "berth.yaml": 'services: { web: { version: "1.25" } }' },
    "1.25",
    "Go 1.25 (berth.yaml version)",
  ],
  ["the newest of go.work's modules", { "go.mod": mod, "go.work": "go 1.22\nuse .\n" }, "1.26", "Go 1.26 (go.mod go)"],
])("takes the version from %s", async (_, files, version, found) => {
  const service = await planOf({ "main.go": main, ...files });
  expect([service.plan.tools, service.plan.buildImage?.image]).toEqual([
    { go: version },
    `docker.io/library/golang:${version}`,
  ]);
  expect(foundIn(service)).toContain(found);
});

test.each<[string, Record<string, MemoryFile>, boolean]>([
  ["modules that are not there", { "go.mod": needs }, true],
  ["a vendor folder", { "go.mod": needs, "vendor/modules.txt": "" }, false],
  ["no modules", { "go.mod": mod }, false],
])("a build with %s gets the network: %s", async (_, files, network) => {
  const { plan } = await planOf({ "main.go": main, ...files });
  expect(plan.steps.map((step) => step.network)).toEqual([network]);
});

test.each(["github.com/mattn/go-sqlite3", "gorm.io/driver/sqlite", "github.com/confluentinc/confluent-kafka-go/v2"])(
  "%s needs cgo, and a C library that the base has",
  async (module) => {
    const service = await planOf({ "go.mod": `${mod}require ${module} v1.0.0\n`, "go.sum": "", "main.go": main });
    expect(service.plan.steps[0]?.env["CGO_ENABLED"]).toBe("1");
    expect(service.plan.buildImage?.image).toBe("docker.io/library/golang:1.26-bookworm");
    expect(foundIn(service)).toContain(`needs cgo (${module})`);
  },
);

test("berth.yaml can ask for cgo", async () => {
  const yaml = "services: { web: { build: { env: { CGO_ENABLED: 1 } } } }";
  const { plan } = await planOf({ "go.mod": mod, "main.go": main, "berth.yaml": yaml });
  expect(plan.buildImage?.image).toBe("docker.io/library/golang:1.26-bookworm");
});

test("what a program may read while it runs is in the image, what only the compiler reads is not", async () => {
  const service = await planOf({
    "go.mod": mod,
    "go.sum": "",
    "main.go": main,
    "internal/store/store.go": "",
    "templates/page.html": "",
    "migrations/1.sql": "",
    "config.yaml": "",
    "vendor/x/x.html": "",
    ".github/workflows/ci.yml": "",
    "README.md": "",
    Dockerfile: "",
    "berth.yaml": "services: { web: { stack: go } }",
  });
  expect(service.plan.contents.app).toEqual([".berth/bin", "config.yaml", "migrations", "templates"]);
  expect(foundIn(service)).toContain("ships config.yaml, migrations and templates too (files that are not Go's)");
});

test("a build of its own replaces the steps, and its program is found where builds put them", async () => {
  const yaml = "services: { web: { build: make all } }";
  const service = await planOf({ "go.mod": mod, "main.go": main, Makefile: "", "berth.yaml": yaml });
  expect(stepsOf(service)).toEqual(["app: make all"]);
  expect(service.plan).toMatchObject({ programs: [".berth/bin", "bin", "."], contents: { app: "all" } });
  expect(commandOf(service)).toBe("shop");
});

test("gin runs as for production, unless it is only somebody else's", async () => {
  const gin = "github.com/gin-gonic/gin v1.10.0";
  const env = async (require: string) =>
    (await planOf({ "go.mod": `${mod}require ${require}\n`, "main.go": main })).plan.env["GIN_MODE"];
  expect([await env(gin), await env(`${gin} // indirect`)]).toEqual(["release", undefined]);
});

test("Go comes before the Node that builds its assets, and says that nobody builds them", async () => {
  const assets = { "package.json": packageJson({ scripts: { build: "vite build", start: "vite" } }) };
  const service = await planOf({ "go.mod": mod, "main.go": main, ...assets });
  expect(service.plan.stack).toBe("go");
  expect(foundIn(service).join()).toContain("its build script is not run");
});

test("Node comes before a module without a program", async () => {
  const app = { "package.json": packageJson({ scripts: { start: "node a.js" } }) };
  expect((await planOf({ "go.mod": mod, "lib.go": "package lib", ...app })).plan.stack).toBe("node");
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  [
    "a module without a program",
    { "go.mod": mod, "shop.go": "package shop" },
    "There is no program in Go here: no package main in the root, below cmd/ or beside a main.go.",
    "build:",
  ],
  [
    "a module outside the service's folder",
    { "go.mod": `${mod}replace example.com/lib => ../lib\n`, "main.go": main },
    "go.mod needs ../lib, which is outside the service's folder.",
    "source:",
  ],
  [
    "a version that is none",
    { "go.mod": mod, "main.go": main, "berth.yaml": "services: { web: { version: latest } }" },
    '"latest" is no version of Go.',
    "1.26",
  ],
  [
    "an output",
    { "go.mod": mod, "main.go": main, "berth.yaml": "services: { web: { output: public } }" },
    "`output:` is the folder of a static site, and this is a program in Go.",
    "stack: static",
  ],
])("refuses %s", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});
