import { expect, test } from "vitest";
import { packageJson, planOf, problemOf, stepsOf } from "../../testing/plan.ts";

const app = { dependencies: { express: "5" }, scripts: { start: "node server.js" } };
const berry = "__metadata:\n  version: 8\n";

test.each([
  ["npm", { "package-lock.json": "{}" }, {}, "npm ci", {}],
  ["npm's shrinkwrap", { "npm-shrinkwrap.json": "{}" }, {}, "npm ci", {}],
  ["npm without a lockfile", {}, {}, "npm install", {}],
  ["npm of a version", { "package-lock.json": "{}" }, { packageManager: "npm@10.9.0" }, "npm ci", { npm: "10.9.0" }],
  [
    "pnpm 9 and 10",
    { "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" },
    {},
    "pnpm install --frozen-lockfile",
    { pnpm: "10" },
  ],
  ["pnpm 8", { "pnpm-lock.yaml": "lockfileVersion: '6.0'\n" }, {}, "pnpm install --frozen-lockfile", { pnpm: "8" }],
  ["pnpm 7", { "pnpm-lock.yaml": "lockfileVersion: 5.4\n" }, {}, "pnpm install --frozen-lockfile", { pnpm: "7" }],
  [
    "pnpm of a version",
    { "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" },
    { packageManager: "pnpm@10.4.1+sha512.abcdef" },
    "pnpm install --frozen-lockfile",
    { pnpm: "10.4.1" },
  ],
  [
    "pnpm of engines",
    { "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" },
    { engines: { pnpm: "^9.1" } },
    "pnpm install --frozen-lockfile",
    { pnpm: "9" },
  ],
  [
    "pnpm without its lockfile",
    { "package-lock.json": "{}" },
    { packageManager: "pnpm@10.4.1" },
    "pnpm install --no-frozen-lockfile",
    { pnpm: "10.4.1" },
  ],
  ["Yarn 1", { "yarn.lock": "# yarn lockfile v1\n" }, {}, "yarn install --frozen-lockfile", { yarn: "1" }],
  ["Yarn 1 without a lockfile", {}, { packageManager: "yarn@1.22.22" }, "yarn install", { yarn: "1.22.22" }],
  ["Yarn berry by its lockfile", { "yarn.lock": berry }, {}, "yarn install --immutable", { yarn: "4" }],
  ["Yarn berry by its settings", { "yarn.lock": "", ".yarnrc.yml": "" }, {}, "yarn install --immutable", { yarn: "4" }],
  [
    "Yarn berry of a version",
    { "yarn.lock": berry },
    { packageManager: "yarn@3.8.0" },
    "yarn install --immutable",
    { yarn: "3.8.0" },
  ],
  ["Bun", { "bun.lock": "{}" }, {}, "bun install --frozen-lockfile", { bun: "1" }],
  ["Bun's binary lockfile", { "bun.lockb": "\0" }, {}, "bun install --frozen-lockfile", { bun: "1" }],
  ["nonsense in packageManager", { "package-lock.json": "{}" }, { packageManager: "the best one" }, "npm ci", {}],
])("installs with %s", async (_, files, members, install, tools) => {
  const service = await planOf({ ...files, "server.js": "", "package.json": packageJson({ ...app, ...members }) });
  expect(stepsOf(service)).toEqual([`dependencies: ${install}`]);
  expect(service.plan.tools).toEqual({ node: "24", ...tools });
  expect(service.plan.contents.dependencies).toEqual(["node_modules"]);
});

test("says that there is no lockfile, and that another one is not used", async () => {
  const none = await planOf({ "server.js": "", "package.json": packageJson(app) });
  expect(none.plan.findings.map(({ what }) => what)).toContain(
    "no lockfile of npm: versions may differ from build to build; commit one",
  );
  const two = await planOf({
    "server.js": "",
    "package-lock.json": "",
    "pnpm-lock.yaml": "",
    "package.json": packageJson(app),
  });
  expect(two.plan.findings).toContainEqual({
    what: "package-lock.json is not used: the package manager is pnpm",
    from: "pnpm-lock.yaml",
  });
});

test("the dependency step sees what decides about dependencies, and no code", async () => {
  const { plan } = await planOf({
    "package.json": packageJson({
      ...app,
      dependencies: { lib: "file:./lib", tar: "file:vendor/tar.tgz", out: "file:../x" },
    }),
    "package-lock.json": "{}",
    ".npmrc": "",
    "server.js": "",
    "lib/package.json": "{}",
    "lib/index.js": "",
    "vendor/tar.tgz": "",
    "vendor/other.tgz": "",
    "patches/express+5.patch": "",
    "prisma/schema.prisma": "",
    "src/code.js": "",
  });
  expect(plan.steps[0]?.inputs).toEqual([
    ".npmrc",
    "lib/",
    "package-lock.json",
    "package.json",
    "patches/",
    "prisma/",
    "vendor/tar.tgz",
  ]);
});

test("a workspace installs with the manifests of its members", async () => {
  const { plan } = await planOf({
    "package.json": packageJson({ ...app, dependencies: { a: "workspace:*" } }),
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
    "pnpm-lock.yaml": "",
    "packages/a/package.json": packageJson({ dependencies: { b: "1" } }),
    "packages/a/index.js": "",
    "server.js": "",
  });
  expect(plan.steps[0]?.inputs).toEqual([
    "package.json",
    "packages/a/package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
  ]);
  expect(plan.contents.dependencies).toEqual(["node_modules", "packages/a/node_modules"]);
});

test("a template in a workspace that is no JSON yet does not stand in the way", async () => {
  const service = await planOf({
    "package.json": packageJson({ ...app, workspaces: ["packages/*"] }),
    "package-lock.json": "",
    "templates/a/package.json": "{{manifest}}",
    "server.js": "",
  });
  expect(stepsOf(service)).toEqual(["dependencies: npm ci"]);
});

test("a pnpm-workspace.yaml that only holds settings makes no workspace", async () => {
  const { plan } = await planOf({
    "package.json": packageJson(app),
    "pnpm-workspace.yaml": "onlyBuiltDependencies: [esbuild]\n",
    "pnpm-lock.yaml": "",
    "templates/a/package.json": "{{name}}",
    "server.js": "",
  });
  expect(plan.contents.dependencies).toEqual(["node_modules"]);
});

test("a member of a workspace that lies outside is told", async () => {
  const problem = await problemOf({ "package.json": packageJson({ ...app, dependencies: { ui: "workspace:^" } }) });
  expect(problem.message).toBe("The dependency ui is a workspace package outside the service's folder.");
});

test.each(["husky", "husky install", "patch-package", "husky || true"])(
  "the install script %j keeps dependencies apart from the code",
  async (prepare) => {
    const service = await planOf({
      "server.js": "",
      "package-lock.json": "",
      "package.json": packageJson({ ...app, scripts: { ...app.scripts, prepare } }),
    });
    expect(stepsOf(service)).toEqual(["dependencies: npm ci"]);
  },
);

test.each(["node scripts/make.js", "nuxt prepare", "prisma generate"])(
  "the install script %j runs with the source",
  async (postinstall) => {
    const service = await planOf({
      "server.js": "",
      "package-lock.json": "",
      "package.json": packageJson({ ...app, scripts: { ...app.scripts, postinstall } }),
    });
    expect(stepsOf(service)).toEqual(["app: npm ci"]);
    expect(service.plan.steps[0]?.inputs).toBe("all");
    expect(service.plan.contents.dependencies).toEqual([]);
  },
);

test("no dependencies, no dependency step", async () => {
  const service = await planOf({
    "server.js": "",
    "package-lock.json": "{}",
    "package.json": packageJson({ scripts: app.scripts }),
  });
  expect(service.plan.steps).toEqual([]);
  expect(service.plan.contents.dependencies).toEqual([]);
});

test("installs and builds without NODE_ENV, and runs with it", async () => {
  const service = await planOf({
    "server.js": "",
    "package-lock.json": "",
    "package.json": packageJson({ ...app, scripts: { ...app.scripts, build: "tsc" } }),
  });
  expect(service.plan.steps.map(({ env }) => env)).toEqual([{}, {}]);
  expect(service.spec.env).toEqual({ NODE_ENV: "production" });
});

test("the build of Next.js keeps its cache between builds", async () => {
  const { plan } = await planOf({
    "package.json": packageJson({
      dependencies: { next: "16" },
      scripts: { build: "next build", start: "next start" },
    }),
    "package-lock.json": "",
  });
  expect(plan.steps.map(({ caches }) => caches)).toEqual([["npm"], ["npm", "next"]]);
  expect(plan.writable).toEqual([".next/cache"]);
});

test.each([
  ["with Bun's packages", { "bun.lock": "{}" }, "docker.io/oven/bun:1-slim", "docker.io/oven/bun:1"],
  ["with npm's packages", { "package-lock.json": "{}" }, "docker.io/oven/bun:1-slim", "docker.io/library/node:24"],
])("Bun is there to run a program that it starts, %s", async (_, files, base, buildImage) => {
  const members = { dependencies: { hono: "4" }, scripts: { start: "bun src/index.ts" } };
  const { plan } = await planOf({ ...files, "src/index.ts": "", "package.json": packageJson(members) });
  expect([plan.base.image, plan.buildImage?.image]).toEqual([base, buildImage]);
  expect(plan.tools).toEqual({ node: "24", bun: "1" });
});

test.each([
  ["better-sqlite3", {}, "package.json"],
  ["@prisma/client", { "prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n}' }, "prisma/schema.prisma"],
])("says of %s that SQLite's file needs a place", async (name, files, from) => {
  const { plan } = await planOf({
    ...files,
    "package.json": packageJson({ dependencies: { [name]: "1" }, scripts: { start: "node a.js" } }),
  });
  expect(plan.findings).toContainEqual({
    what: "SQLite's file needs a folder that may be written to: name it, as in `writable: [data]`; it is new with each release",
    from,
  });
});
