import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { checkBerthYaml } from "./check.ts";
import { makeBerthYamlJsonSchema } from "./json-schema.ts";
import { keyHelp } from "./key-help.ts";

const schema = makeBerthYamlJsonSchema();
const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false }).compile(schema);

/** What both that reads the file and an editor think of it. */
function judge(text: string): { server: boolean; editor: boolean } {
  return { server: checkBerthYaml(text).length === 0, editor: validate(parse(text, { merge: true }) ?? {}) };
}

describe("both take", () => {
  test.each([
    "{}",
    "name: shop",
    "services: { web: }",
    "env: { A: 1, B: true, C: text }",
    "env: { KEY: { generate: 32 }, TOKEN: { required: true, pattern: ^sk_, description: of the shop } }",
    "previews: { env: { LOG_LEVEL: debug }, crons: true }",
    "services: { web: { scale: 3 } }",
    "services: { web: { scale: { min: 0, max: 8, concurrency: 80, idle: 5m, wake: { timeout: 30s, queue: 10 } } } }",
    "services: { web: { scale: { min: 1, cpu: 70% } } }",
    "services: { jobs: { scale: { min: 0, metric: { command: node length.js, target: 2.5, every: 1m } } } }",
    "services: { web: { resources: { cpu: 0.5, memory: 256Mi } } }",
    "services: { web: { resources: { cpu: 250m } } }",
    "services: { web: { build: make, version: 22, writable: [uploads, /srv/data] } }",
    "services: { web: { build: { command: make, env: { CI: 1 }, secrets: [NPM_TOKEN] }, version: '3.10' } }",
    "services: { web: { source: ./web, routes: [/, /api], health: { path: /healthz, timeout: 1m } } }",
    "services: { web: { base: node:24-slim, stop: { grace: 500ms } } }",
    "services: { job: { command: a, schedule: 0 3 * * mon-fri, timezone: Europe/Berlin, overlap: allow, timeout: 1h, catchUp: 6h } }",
    "services: { job: { command: a, schedule: '@daily' } }",
    "previews: { crons: true }",
    "release: { command: node migrate.js, service: web, timeout: 10m }\nservices: { web: , worker: }",
    "services:\n  web: &web { command: a }\n  api: { <<: *web, routes: [/api] }",
  ])("%s", (text) => {
    expect(judge(text)).toEqual({ server: true, editor: true });
  });
});

describe("both refuse", () => {
  test.each([
    "nonsense: 1",
    "name: S",
    "name: 3",
    "services: []",
    "services: { Web: }",
    "services: { web: { scale: -1 } }",
    "services: { web: { scale: 1.5 } }",
    "services: { web: { scale: { max: many } } }",
    "services: { web: { scale: { cpu: 70% , concurrency: 3 } } }",
    "services: { web: { scale: { cpu: 70 } } }",
    "services: { web: { scale: { cpu: 70%, metric: { command: a, target: 1 } } } }",
    "services: { web: { scale: { concurrency: 2, metric: { command: a, target: 1 } } } }",
    "services: { web: { scale: { metric: { command: a } } } }",
    "services: { web: { scale: { metric: { command: a, target: 0 } } } }",
    "services: { web: { scale: { cpu: 0% } } }",
    "services: { web: { scale: { idle: 5 } } }",
    "services: { web: { resources: { memory: 256 } } }",
    "services: { web: { resources: { cpu: lots } } }",
    "services: { web: { routes: api } }",
    "services: { web: { routes: [api] } }",
    "services: { web: { source: ../other } }",
    "services: { web: { source: /srv } }",
    "services: { web: { writable: [a/../b] } }",
    "services: { web: { env: { 1A: x } } }",
    "services: { web: { env: { A: { generate: 32, default: x } } } }",
    "env: { A: { generate: 4 } }",
    "env: { A: { secret: true } }",
    "services: { web: { env: { A: [x] } } }",
    "services: { web: { command: 3 } }",
    "services: { web: { base: Node } }",
    "services: { job: { command: a, schedule: daily } }",
    "services: { job: { command: a, schedule: '* * * * * *' } }",
    "services: { job: { command: a, schedule: '@daily', routes: [/] } }",
    "services: { job: { schedule: '@daily' } }",
    "services: { job: { command: a, timezone: UTC } }",
    "services: { job: { command: a, schedule: '@daily', overlap: queue } }",
    "release: { service: web }",
    "previews: { crons: 1 }",
  ])("%s", (text) => {
    expect(judge(text)).toEqual({ server: false, editor: false });
  });
});

/** The paths of all keys that the schema knows, with `*` for names. */
function keysOf(node: unknown, path = ""): string[] {
  if (typeof node !== "object" || node === null) return [];
  const { properties = {}, additionalProperties, anyOf = [] } = node as Record<string, Record<string, unknown>>;
  const below = (key: string) => (path === "" ? key : `${path}.${key}`);
  const named = Object.entries(properties).flatMap(([key, member]) => [below(key), ...keysOf(member, below(key))]);
  const hasKeys = keysOf(additionalProperties, below("*"));
  const isNamed = path === "services" ? [below("*")] : [];
  return [...named, ...isNamed, ...hasKeys, ...Object.values(anyOf).flatMap((one) => keysOf(one, path))];
}

test("every key says what it means, and nothing else does", () => {
  expect(Object.keys(keyHelp).toSorted()).toEqual([...new Set(keysOf(schema))].toSorted());
});

test("every key is in the documentation", () => {
  const page = readFileSync(new URL("../../../../docs/berth-yaml.md", import.meta.url), "utf8");
  const names = Object.keys(keyHelp).map((path) => path.split(".").at(-1)!);
  const missing = names.filter((name) => name !== "*" && !new RegExp(`\\b${name}\\b`).test(page));
  expect(missing).toEqual([]);
});
