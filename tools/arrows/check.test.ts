import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkArrows } from "./check.ts";
import { checkLockfile } from "./lockfile.ts";
import { rules } from "./rules.ts";

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A small workspace that breaks no rule: core, store, api (with its client), stacks, builders and two apps. */
const sound: Record<string, string> = {
  "package.json": JSON.stringify({ devDependencies: { vitest: "1.0.0" } }),
  "packages/core/package.json": member("core", { zod: "1.0.0" }),
  "packages/core/src/index.ts": 'export * from "./names.ts";\n',
  "packages/core/src/names.ts": 'import { z } from "zod";\nexport const name = z;\n',
  "packages/core/src/names.test.ts":
    'import { test } from "vitest";\nimport { name } from "./names.ts";\ntest(name);\n',
  "packages/store/package.json": member("store", { "@berth/core": "workspace:*" }),
  "packages/store/src/index.ts": 'import { name } from "@berth/core";\nexport const store = name;\n',
  "packages/stacks/package.json": member("stacks"),
  "packages/stacks/src/index.ts": 'import { join } from "node:path";\nexport const stack = join("a", "b");\n',
  "packages/builders/package.json": member("builders", { "@berth/stacks": "workspace:*" }),
  "packages/builders/src/index.ts": 'export { stack } from "@berth/stacks";\n',
  "packages/api/package.json": member("api", {}, { ".": "./src/index.ts", "./client": "./src/client.ts" }),
  "packages/api/src/index.ts": "export const routes = 1;\n",
  "packages/api/src/client.ts": "export const client = 1;\n",
  "apps/server/package.json": member("server", { "@berth/store": "workspace:*" }, {}),
  "apps/server/src/main.ts":
    'import { store } from "@berth/store";\nconsole.log(store, new URL("../../../examples", import.meta.url));\n',
  "apps/cli/package.json": member("cli", { "@berth/api": "workspace:*" }, {}),
  "apps/cli/src/main.ts": 'import { client } from "@berth/api/client";\nconsole.log(client);\n',
};

function member(name: string, dependencies: object = {}, exports: object = { ".": "./src/index.ts" }): string {
  return JSON.stringify({ name: `@berth/${name}`, exports, dependencies }, undefined, 2);
}

function workspace(changes: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "arrows-"));
  roots.push(root);
  for (const [file, text] of Object.entries({ ...sound, ...changes })) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** What is found after these files were added or exchanged, as `file:line rule`. */
function found(changes: Record<string, string>): string[] {
  return checkArrows(workspace(changes)).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

test("a workspace that keeps to the arrows has nothing against it", () => {
  expect(checkArrows(workspace({}))).toEqual([]);
});

test("a package may not import its sibling, by whatever kind of import", () => {
  const text = [
    'import type { stack } from "@berth/stacks";',
    'export * from "@berth/stacks";',
    'export type Stack = import("@berth/stacks").Stack;',
    'await import("@berth/stacks");',
    'import.meta.resolve("@berth/stacks");',
  ].join("\n");
  expect(found({ "packages/store/src/more.ts": text })).toEqual(
    [1, 2, 3, 4, 5].map((line) => `packages/store/src/more.ts:${line} ${rules.sibling}`),
  );
});

test("an exception of the design holds in its direction only", () => {
  expect(found({ "packages/stacks/src/more.ts": 'import "@berth/builders";\n' })).toEqual([
    `packages/stacks/src/more.ts:1 ${rules.sibling}`,
  ]);
});

test("core imports no other package", () => {
  expect(found({ "packages/core/src/more.ts": '\nimport { store } from "@berth/store";\nstore();\n' })).toEqual([
    `packages/core/src/more.ts:2 ${rules.core}`,
  ]);
});

test("nobody imports an app", () => {
  const text = 'import "@berth/server";\n';
  expect(found({ "packages/store/src/more.ts": text, "apps/cli/src/more.ts": text })).toEqual([
    `apps/cli/src/more.ts:1 ${rules.app}`,
    `packages/store/src/more.ts:1 ${rules.app}`,
  ]);
});

test("a package that is not there is told", () => {
  expect(found({ "apps/cli/src/more.ts": 'import "@berth/clutser";\n' })).toEqual([
    `apps/cli/src/more.ts:1 ${rules.unknown}`,
  ]);
});

test("a package is not entered by a path inside it", () => {
  const text = 'import "@berth/store/src/index.ts";\nimport "@berth/store/client";\n';
  expect(found({ "apps/server/src/more.ts": text })).toEqual([
    `apps/server/src/more.ts:1 ${rules.deep}`,
    `apps/server/src/more.ts:2 ${rules.deep}`,
  ]);
});

test("a relative path does not leave its package, neither as an import nor as the URL of another's code", () => {
  const text = 'import "../../store/src/index.ts";\nnew URL("../../store/src/worker.ts", import.meta.url);\n';
  expect(found({ "packages/stacks/src/more.ts": text })).toEqual([
    `packages/stacks/src/more.ts:1 ${rules.crossing}`,
    `packages/stacks/src/more.ts:2 ${rules.crossing}`,
  ]);
});

test("a package whose name begins like another's is still another", () => {
  expect(
    found({
      "packages/store-extra/package.json": member("store-extra"),
      "packages/store/src/more.ts": 'import "../../store-extra/src/index.ts";\n',
    }),
  ).toEqual([`packages/store/src/more.ts:1 ${rules.crossing}`]);
});

test("a file does not import its own package's index, neither by path nor by name", () => {
  const text = 'import "./index.ts";\nimport "@berth/store";\n';
  expect(found({ "packages/store/src/more.ts": text })).toEqual([
    `packages/store/src/more.ts:1 ${rules.self}`,
    `packages/store/src/more.ts:2 ${rules.self}`,
  ]);
});

test("a package has no second entry", () => {
  const exports = { ".": "./src/index.ts", "./inner": "./src/inner.ts" };
  expect(found({ "packages/stacks/package.json": member("stacks", {}, exports) })).toEqual([
    `packages/stacks/package.json:5 ${rules.entries}`,
  ]);
});

test("what is imported is listed in package.json", () => {
  const text = 'import { request } from "undici/index.js";\nimport type { Hono } from "hono";\n';
  expect(found({ "packages/store/src/more.ts": text })).toEqual([
    `packages/store/src/more.ts:1 ${rules.undeclared}`,
    `packages/store/src/more.ts:2 ${rules.undeclared}`,
  ]);
});

test("a second entry is for others; inside the package it is a file like any", () => {
  expect(found({ "packages/api/src/more.ts": 'import "./client.ts";\n' })).toEqual([]);
});

test("a script beside src uses its package as others do", () => {
  expect(found({ "packages/store/scripts/measure.ts": 'import "../src/index.ts";\n' })).toEqual([]);
});

test("tools of the root serve tests only", () => {
  expect(found({ "packages/store/src/more.ts": 'import { test } from "vitest";\n' })).toEqual([
    `packages/store/src/more.ts:1 ${rules.undeclared}`,
  ]);
});

test("what is listed in package.json is imported", () => {
  const dependencies = { "@berth/core": "workspace:*", undici: "1.0.0" };
  expect(found({ "packages/store/package.json": member("store", dependencies) })).toEqual([
    `packages/store/package.json:8 ${rules.unused}`,
  ]);
});

test("a file that does not parse is told instead of being left out", () => {
  expect(found({ "packages/store/src/more.ts": "import {\n" })).toEqual([
    `packages/store/src/more.ts:1 ${rules.parse}`,
  ]);
});

test("words in comments and strings are no imports", () => {
  const text = '// import "@berth/stacks"\nexport const text = `import "@berth/stacks"`;\n';
  expect(found({ "packages/store/src/more.ts": text })).toEqual([]);
});

test("a lockfile that names a host is found", () => {
  const text =
    "packages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x, tarball: https://registry.example/a.tgz}\n";
  expect(checkLockfile(workspace({ "pnpm-lock.yaml": text })).map(({ line }) => line)).toEqual([3]);
  expect(checkLockfile(workspace({ "pnpm-lock.yaml": text.replace(/, tarball.*\}/, "}") }))).toEqual([]);
});
