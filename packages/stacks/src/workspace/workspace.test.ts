import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { commandOf, foundIn, packageJson, problemOf, servicesOf, stepsOf } from "../testing/plan.ts";
import { treeId } from "./workspace-tree.ts";

const shop = {
  "package.json": packageJson({ workspaces: ["apps/*", "packages/*"], engines: { node: "22" } }),
  "package-lock.json": "{}",
  "tsconfig.base.json": "{}",
  "apps/web/package.json": packageJson({
    name: "web",
    dependencies: { next: "16", "@shop/ui": "*" },
    scripts: { build: "next build", start: "next start" },
  }),
  "apps/web/app/page.tsx": "",
  "apps/admin/package.json": packageJson({
    name: "admin",
    dependencies: { "@shop/ui": "*" },
    devDependencies: { vite: "7" },
    scripts: { build: "vite build" },
  }),
  "apps/admin/index.html": "",
  "packages/ui/package.json": packageJson({
    name: "@shop/ui",
    dependencies: { "@shop/tokens": "*" },
    scripts: { build: "tsc" },
  }),
  "packages/ui/index.ts": "",
  "packages/tokens/package.json": packageJson({ name: "@shop/tokens", scripts: { build: "node make.js" } }),
  "packages/tokens/make.js": "",
  "api/go.mod": "module example.org/api",
  "api/main.go": "package main\nfunc main() {}",
  "berth.yaml":
    "services:\n  web: { source: apps/web }\n  admin: { source: apps/admin, routes: [/admin] }\n  api: { source: api, routes: [/api] }\n",
};

async function planShop(files: Record<string, string> = {}) {
  const [web, admin, api] = await servicesOf({ ...shop, ...files });
  return { web: web!, admin: admin!, api: api! };
}

test("a member is installed and built from the root, after the members that it needs", async () => {
  const { web } = await planShop();
  expect(stepsOf(web)).toEqual([
    "dependencies: npm ci",
    "app: cd packages/tokens && exec npm run build",
    "app: cd packages/ui && exec npm run build",
    "app: cd apps/web && exec npm run build",
  ]);
  expect(commandOf(web)).toBe("cd apps/web && exec next start");
  expect(web.plan.steps[0]?.inputs).toEqual([
    "apps/admin/package.json",
    "apps/web/package.json",
    "package-lock.json",
    "package.json",
    "packages/tokens/package.json",
    "packages/ui/package.json",
  ]);
  expect(web.plan.programs).toEqual(["apps/web/node_modules/.bin", "node_modules/.bin"]);
  expect(web.plan.writable).toEqual(["apps/web/.next/cache"]);
  expect(web.plan.contents.dependencies).toContain("apps/web/node_modules");
  expect(foundIn(web)).toEqual(
    expect.arrayContaining([
      "built in its workspace (apps/web/package.json)",
      "Node 22 (package.json engines.node)",
      "npm (package-lock.json)",
      "is built first (packages/ui/package.json scripts.build)",
    ]),
  );
});

test("a member's site is served from its folder", async () => {
  const { admin } = await planShop();
  expect(commandOf(admin)).toBe("node ../berth/static-server/server.mjs apps/admin/dist --spa --hashed-assets");
  expect(admin.plan.contents).toEqual({ dependencies: [], app: ["apps/admin/dist"], support: ["static-server"] });
});

test("a member's tree has what it needs, the manifests of the others, and no other service", async () => {
  const { web, api } = await planShop();
  expect((await web.source.list()).map(({ path }) => path)).toEqual([
    "apps/admin/package.json",
    "apps/web/app/page.tsx",
    "apps/web/package.json",
    "package-lock.json",
    "package.json",
    "packages/tokens/make.js",
    "packages/tokens/package.json",
    "packages/ui/index.ts",
    "packages/ui/package.json",
    "tsconfig.base.json",
  ]);
  expect((await api.source.list()).map(({ path }) => path)).toEqual(["go.mod", "main.go"]);
});

test("a change in a member that is not needed leaves the tree as it is, and one that is needed does not", async () => {
  const before = await planShop();
  const other = await planShop({
    "apps/admin/index.html": "changed",
    "api/main.go": "package main\nfunc main() { println(1) }",
  });
  const needed = await planShop({ "packages/tokens/make.js": "changed" });
  expect(other.web.source.id).toBe(before.web.source.id);
  expect(other.admin.source.id).not.toBe(before.admin.source.id);
  expect(needed.web.source.id).not.toBe(before.web.source.id);
});

test("a command of berth.yaml or a Procfile runs in the member's folder", async () => {
  const yaml = (more: string) => ({ "berth.yaml": `services: { web: { source: apps/web${more} } }` });
  const [own] = await servicesOf({ ...shop, ...yaml(", command: node worker.js --all") });
  expect(commandOf(own!)).toBe("cd apps/web && exec node worker.js --all");
  const [procfile] = await servicesOf({ ...shop, ...yaml(""), "apps/web/Procfile": "web: node a.js | cat" });
  expect(commandOf(procfile!)).toContain("cd apps/web && ");
});

test.each([
  "npm start -w web",
  "npm run start --workspace=apps/web",
  "pnpm --filter web start",
  "yarn workspace web run start",
  "turbo run start --filter=web",
])("the root's script %j starts the member itself", async (start) => {
  const manifest = { workspaces: ["apps/*", "packages/*"], scripts: { start, build: "turbo run build" } };
  const [web] = await servicesOf({ ...shop, "berth.yaml": "", "package.json": packageJson(manifest) });
  expect(commandOf(web!)).toBe('cd apps/web; PATH="$PWD/node_modules/.bin:$PATH"; export PATH; exec next start');
});

test("a folder with a lockfile of its own stands for itself", async () => {
  const { web } = await planShop({ "apps/web/package-lock.json": "{}" });
  expect(stepsOf(web)).toEqual(["dependencies: npm ci", "app: npm run build"]);
  expect(commandOf(web)).toBe("node_modules/.bin/next start");
});

test("a workspace without a lockfile says where it is to be", async () => {
  const files = {
    "package.json": packageJson({ workspaces: ["apps/*"] }),
    "apps/web/package.json": packageJson({ dependencies: { ui: "workspace:*" }, scripts: { start: "node a.js" } }),
    "berth.yaml": "services: { web: { source: apps/web } }",
  };
  expect(await problemOf(files)).toMatchObject({
    message: "The dependency ui is a workspace package outside the service's folder.",
    hint: "Commit the lockfile of the workspace in its root, and name the package's folder there with `source:`.",
  });
});

test("the id of a tree is git's", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-tree-"));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();
  try {
    git("init", "--quiet");
    for (const path of ["a.txt", "a/b.txt", "a-b/c", "a.b/é", "deep/er/file"]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), path);
    }
    git("add", ".");
    const entries = git("-c", "core.quotePath=false", "ls-files", "--stage")
      .split("\n")
      .map((line) => {
        const [, oid = "", path = ""] = /^\d+ ([0-9a-f]+) \d\t(.*)$/.exec(line) ?? [];
        return { path, mode: "100644" as const, oid, sizeBytes: 0 };
      });
    expect(treeId(entries)).toBe(git("write-tree"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
