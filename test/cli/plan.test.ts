import { chmodSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PlannedService } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "./cli.ts";

const examples = join(import.meta.dirname, "../../examples");

let ada: Person;
beforeEach(() => {
  // There is no server, and no home of one.
  ada = makePerson({ home: "/nonexistent" });
});
afterEach(() => ada.remove());

/** What it prints for a person, with no line too long for a small screen. */
async function planned(args: string[], cwd?: string): Promise<string> {
  const { code, out, err } = await ada.berth(["plan", ...args], cwd === undefined ? {} : { cwd });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  return out;
}

async function commandOf(args: string[] = []): Promise<string> {
  const { services } = await ada.json<{ services: PlannedService[] }>(["plan", ...args]);
  return services
    .map(({ spec }) => ("argv" in spec.command ? spec.command.argv.join(" ") : spec.command.shell))
    .join("; ");
}

const server = { "package.json": JSON.stringify({ scripts: { start: "node server.js" } }) };

describe("berth plan", () => {
  test.each([
    "hello",
    "express",
    "vite",
    "shop",
    "procfile",
    "go",
    "rust",
    "spring",
    "maven",
    "elixir",
    "dotnet",
    "dockerfile",
  ])("explains the example %s", async (name) => {
    expect(await planned([join(examples, name)])).toMatchSnapshot();
  });

  test("shows what berth.yaml corrects, and what it gives to the build", async () => {
    ada.write({
      ...server,
      "package-lock.json": "",
      "berth.yaml": `services:
  web:
    build: { command: npm run make, env: { NODE_ENV: production }, secrets: [NPM_TOKEN] }
    command: node other.js | tee log
    base: ghcr.io/ada/base:1
    writable: [data]
    health: { path: /healthz, timeout: 5s }
    scale: { min: 1, max: 4 }
`,
    });
    expect(await planned([])).toMatchSnapshot();
  });

  test("says as one object what it found", async () => {
    const { services } = await ada.json<{ services: PlannedService[] }>(["plan", join(examples, "go")]);
    expect(services.map(({ spec, plan }) => [spec.name, plan.stack, plan.tools])).toEqual([
      ["web", "go", { go: "1.26" }],
      ["worker", "go", { go: "1.26" }],
    ]);
    expect(services[0]).not.toHaveProperty("source");
  });

  test("says what is wrong and what to do, and exits with 1", async () => {
    ada.write({ "cmd/alpha/main.go": "package main", "cmd/beta/main.go": "package main", "go.mod": "module x" });
    expect(await ada.berth(["plan"])).toEqual({
      code: 1,
      out: "",
      err: [
        "error: There are 2 programs, and nothing says which one to start: alpha and beta.",
        "hint: Say it in berth.yaml: `services: { web: { command: alpha } }`, or in a Procfile: `web: alpha`.",
        "",
      ].join("\n"),
    });
    ada.write({ "berth.yaml": "services: { web: { comand: alpha } }" });
    const { code, err } = await ada.berth(["plan"]);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("services.web.comand: unknown key; did you mean command?"),
    ]);
  });

  test("takes a Dockerfile for servers that build with Docker, and says what others do", async () => {
    ada.write({ ...server, Dockerfile: "FROM debian\nCMD run\n" });
    expect(await commandOf()).toBe("");
    expect(await commandOf(["--builder", "host"])).toBe("node server.js");
    expect(await planned(["--builder", "host"])).toContain(
      "not used, for Berth works without Docker here (Dockerfile)",
    );
    const { code, err } = await ada.berth(["plan", "--builder", "host", join(examples, "dockerfile")]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: Dockerfile cannot be built: .*\nhint: /)]);
  });

  test("leaves out what .gitignore names, without a repository too", async () => {
    ada.write({
      ...server,
      ".gitignore": "/Dockerfile\n*.mod\n!keep.mod\n",
      Dockerfile: "FROM debian\nCMD x\n",
      "go.mod": "module x",
      "main.go": "package other",
      "sub/.gitignore": "Procfile\n",
    });
    expect(await commandOf()).toBe("node server.js");
    await ada.git("init", "--quiet");
    expect(await commandOf()).toBe("node server.js");
    // What is committed all the same counts.
    await ada.git("add", "--force", "Dockerfile");
    expect(await commandOf()).toBe("");
  });

  test("takes the whole repository from wherever one is, and another folder by itself", async () => {
    await ada.git("init", "--quiet");
    ada.write({ ...server, "api/package.json": JSON.stringify({ scripts: { start: "node api.js" } }) });
    const { out } = await ada.berth(["plan", "--json"], { cwd: join(ada.folder, "api") });
    expect(JSON.parse(out).services[0].spec.command).toEqual({ argv: ["node", "server.js"] });
    expect(await commandOf(["api"])).toBe("node api.js");
    const below = await ada.berth(["plan"], { cwd: join(ada.folder, "api") });
    expect(below.out.split("\n", 1)).toEqual([
      `All of ${realpathSync(ada.folder)}, the repository that this folder is in; alone: berth plan .`,
    ]);
    const alone = await ada.berth(["plan", "."], { cwd: join(ada.folder, "api") });
    const top = await ada.berth(["plan"]);
    expect([alone.out.split("\n", 1), top.out.split("\n", 1)]).toEqual([["web  stack node"], ["web  stack node"]]);
  });

  test("follows links, and is not led astray by odd files", async () => {
    ada.write({ "real/package.json": server["package.json"], "with\nnewline.txt": "", run: "" });
    symlinkSync("real/package.json", join(ada.folder, "package.json"));
    symlinkSync(".", join(ada.folder, "loop"));
    symlinkSync("gone", join(ada.folder, "broken"));
    chmodSync(join(ada.folder, "run"), 0o755);
    mkdirSync(join(ada.folder, "empty"));
    expect(await commandOf()).toBe("node server.js");
    const { code, err } = await ada.berth(["plan", "nowhere"]);
    expect([code, err]).toEqual([2, "error: There is no folder " + join(ada.folder, "nowhere") + ".\n"]);
  });
});
