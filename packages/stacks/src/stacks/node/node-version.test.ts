import { expect, test } from "vitest";
import { packageJson, planOf, problemOf } from "../../testing/plan.ts";
import { readVersion } from "./node-version.ts";

test.each([
  ["20", "20"],
  ["v22", "22"],
  ["20.x", "20"],
  ["20.11.1", "20.11.1"],
  ["v20.11.1", "20.11.1"],
  [">=18", "24"],
  [">=18 <23", "22"],
  ["^20.9.0", "20"],
  ["~18.2", "18"],
  ["18 || 20", "20"],
  ["<=20", "20"],
  [">=25 <26", "25"],
  ["lts/*", "24"],
  ["lts/iron", "20"],
  ["lts/Jod", "22"],
  ["node", "24"],
  ["*", "24"],
  ["lts/unheard-of", null],
  ["the newest", null],
  ["${NODE_VERSION}", null],
])("reads %j as %j", (text, version) => {
  expect(readVersion(text)).toBe(version);
});

test.each([
  [{ ".nvmrc": "# ours\n\nv20.11.1 # pinned\n" }, {}, "20.11.1", ".nvmrc"],
  [{ ".node-version": "22\r\n" }, {}, "22", ".node-version"],
  [{ ".tool-versions": "ruby 3.3.0\nnodejs 18.19.0 # old\n" }, {}, "18.19.0", ".tool-versions"],
  [{ ".tool-versions": "ruby 3.3.0\n" }, {}, "24", "the default"],
  [{}, { engines: { node: "20.x" } }, "20", "package.json engines.node"],
  [{}, { volta: { node: "22.3.0" } }, "22.3.0", "package.json volta.node"],
  [{ ".nvmrc": "22" }, { engines: { node: ">=18" } }, "22", ".nvmrc"],
  [{ ".nvmrc": "${NOPE}" }, { engines: { node: "20" } }, "20", "package.json engines.node"],
  [{ ".nvmrc": "22", "berth.yaml": "services: { web: { version: 20 } }" }, {}, "20", "berth.yaml version"],
])("from %j and %j it takes Node %s", async (files, members, version, from) => {
  const { plan } = await planOf({ ...files, "index.js": "", "package.json": packageJson(members) });
  expect(plan.tools).toEqual({ node: version });
  expect(plan.findings).toContainEqual({ what: `Node ${version}`, from });
  expect(plan.base.image).toBe(`docker.io/library/node:${version}-slim`);
});

test("says which version it could not read", async () => {
  const { plan } = await planOf({ ".nvmrc": "newest!", "index.js": "", "package.json": "{}" });
  expect(plan.findings).toContainEqual({ what: '"newest!" is no version of Node and is ignored', from: ".nvmrc" });
});

test("a version in berth.yaml must be one", async () => {
  const problem = await problemOf({
    "berth.yaml": "services: { web: { version: new } }",
    "index.js": "",
    "package.json": "{}",
  });
  expect(problem).toMatchObject({ message: '"new" is no version of Node.', path: "berth.yaml" });
});
