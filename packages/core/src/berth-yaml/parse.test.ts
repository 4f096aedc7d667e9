import { expect, test } from "vitest";
import { BerthError } from "../errors.ts";
import { parseBerthYaml } from "./parse.ts";

function refusal(text: string): BerthError {
  try {
    parseBerthYaml(text);
  } catch (thrown) {
    if (thrown instanceof BerthError) return thrown;
    throw thrown;
  }
  throw new Error("it was accepted");
}

test("reads every key that there is", () => {
  const text = `
name: shop
env: { LOG_LEVEL: info, DEBUG: true }
services:
  web:
    source: ./web/
    command: node server.js
    routes: [/, /shop/]
    health: { path: /healthz, timeout: 5s }
    scale: { min: 0, max: 20, idle: 5m, wake: { timeout: 45s } }
    resources: { cpu: 250m, memory: 256Mi }
    env: { A: 1 }
    stop: { grace: 20s }
    build: { command: npm run assets, env: { CI: "1" } }
    output: dist
    stack: node
    version: 22
  worker:
`;
  expect(parseBerthYaml(text)).toEqual({
    name: "shop",
    env: { LOG_LEVEL: "info", DEBUG: "true" },
    services: {
      web: {
        source: "web",
        command: "node server.js",
        routes: ["/", "/shop"],
        health: { path: "/healthz", timeout: 5000 },
        scale: { min: 0, max: 20, idleMs: 300_000, wake: { timeoutMs: 45_000, queue: 1000 } },
        resources: { cpu: 250, memory: 256 * 2 ** 20 },
        env: { A: "1" },
        stop: { grace: 20_000 },
        build: { command: "npm run assets", env: { CI: "1" } },
        output: "dist",
        stack: "node",
        version: "22",
      },
      worker: {},
    },
  });
});

test("reads a scale by load", () => {
  const { services } = parseBerthYaml("services: { web: { scale: { cpu: 70%, max: 8 } } }");
  expect(services?.["web"]?.scale).toEqual({ cpuPercent: 70, max: 8 });
  const byRequests = parseBerthYaml("services: { web: { scale: { min: 0, max: 8, concurrency: 80, idle: 5m } } }");
  expect(byRequests.services?.["web"]?.scale).toEqual({ min: 0, max: 8, concurrency: 80, idleMs: 300_000 });
});

test.each([[""], ["# nothing yet\n"], ["---\n"], ["env:\nservices:\n"], ["\uFEFF{}"]])(
  "accepts %j as an empty file",
  (text) => {
    expect(parseBerthYaml(text)).toEqual({});
  },
);

test("keeps variables and versions as they are written", () => {
  const { env, services } = parseBerthYaml(
    "env: { A: 1.10, B: 007, C: 1e3, D: yes, E: '', F: True }\nservices: { web: { version: 3.10, env: { G: 0x10 } } }",
  );
  expect(env).toEqual({ A: "1.10", B: "007", C: "1e3", D: "yes", E: "", F: "True" });
  expect(services?.["web"]).toMatchObject({ version: "3.10", env: { G: "0x10" } });
});

test("reads what is said of a variable, with where it stands", () => {
  const text = `env:
  SESSION: { generate: 32 }
services:
  web:
    env:
      STRIPE: { required: true, pattern: ^sk_, description: of the shop }
      PORTS: { default: 1.10 }
previews: { env: { STRIPE: sk_test } }
`;
  const { env, services, previews } = parseBerthYaml(text);
  expect(env).toEqual({ SESSION: { value: null, rule: { generate: 32, at: "env.SESSION, line 2, column 3" } } });
  expect(services?.["web"]?.env).toEqual({
    STRIPE: {
      value: null,
      rule: {
        required: true,
        pattern: "^sk_",
        description: "of the shop",
        at: "services.web.env.STRIPE, line 6, column 7",
      },
    },
    PORTS: { value: "1.10", rule: { at: "services.web.env.PORTS, line 7, column 7" } },
  });
  expect(previews).toEqual({ env: { STRIPE: "sk_test" } });
});

test("follows anchors and merge keys", () => {
  const text = "services:\n  a: &base { source: x, env: { K: v } }\n  b: { <<: *base, source: y }\n";
  expect(parseBerthYaml(text).services?.["b"]).toEqual({ source: "y", env: { K: "v" } });
});

test.each([
  ["services: { web: { scale: { max: many } } }", "services.web.scale.max: expected a number"],
  ["services: { web: { scale: { max: 1.5 } } }", "services.web.scale.max: expected a whole number"],
  ["services: { web: { scale: { max: -1 } } }", "services.web.scale.max: expected at least 0"],
  ["services: { web: { scale: { max: 5000 } } }", "services.web.scale.max: expected at most 1000"],
  ["services: { web: { scale: 5000 } }", "services.web.scale: expected at most 1000"],
  ["services: { web: { scale: lots } }", "services.web.scale: expected a number or a map"],
  ["services: { web: { scale: { min: 3, max: 1 } } }", "services.web.scale.max: expected at least scale.min"],
  [
    "services: { web: { scale: { min: 0, cpu: 70% } } }",
    "services.web.scale.min: expected at least 1 beside scale.cpu: a sleeping service has no load that could wake it",
  ],
  [
    "services: { web: { scale: { max: 0, cpu: 70% } } }",
    "services.web.scale.max: expected at least 1 beside scale.cpu",
  ],
  [
    "services: { web: { scale: { cpu: 0.7 } } }",
    "services.web.scale.cpu: expected a percentage from 1% to 100%, such as 70%",
  ],
  [
    "services: { web: { scale: { cpu: 101% } } }",
    "services.web.scale.cpu: expected a percentage from 1% to 100%, such as 70%",
  ],
  [
    "services: { web: { scale: { wake: { timeout: 100ms } } } }",
    "services.web.scale.wake.timeout: expected a duration from 1s to 10m, such as 30s",
  ],
  ["services: { web: { scale: { wake: { queue: 0 } } } }", "services.web.scale.wake.queue: expected at least 1"],
  [
    "services: { web: { scale: { wake: { tiemout: 3s } } } }",
    "services.web.scale.wake.tiemout: unknown key; did you mean timeout?",
  ],
  ["services: { web: { scale: { concurrency: 0 } } }", "services.web.scale.concurrency: expected at least 1"],
  ["services: { web: { scale: { concurrency: many } } }", "services.web.scale.concurrency: expected a number"],
  [
    "services: { web: { scale: { concurrency: 80, cpu: 70% } } }",
    "services.web.scale.concurrency: expected one of concurrency and cpu, and not both",
  ],
  [
    "services: { web: { scale: { cpu: 70%, metric: { command: a, target: 1 } } } }",
    "services.web.scale.metric: expected one of metric, concurrency and cpu",
  ],
  [
    "services: { web: { scale: { max: 0, metric: { command: a, target: 1 } } } }",
    "services.web.scale.max: expected at least 1 beside scale.metric",
  ],
  [
    "services: { web: { scale: { metric: { command: a, target: 1, every: 10ms } } } }",
    "services.web.scale.metric.every: expected a duration from 1s to 1h, such as 15s",
  ],
  [
    "services: { web: { scale: { metric: { command: a, target: 1, evry: 1s } } } }",
    "services.web.scale.metric.evry: unknown key; did you mean every?",
  ],
  [
    "services: { web: { scale: { concurrency: 80, max: 0 } } }",
    "services.web.scale.max: expected at least 1 beside scale.concurrency",
  ],
  ["services: { web: { scale: { minn: 3 } } }", "services.web.scale.minn: unknown key; did you mean min?"],
  ["services: { web: { route: [/] } }", "services.web.route: unknown key; did you mean routes?"],
  ["services: { web: { build: { comand: x } } }", "services.web.build.comand: unknown key; did you mean command?"],
  ["serivces: {}", "serivces: unknown key; did you mean services?"],
  ["base: node:24", "base: unknown key here; it belongs to a service: `services: { web: { base: … } }`"],
  ["build: make", "build: unknown key here; it belongs to a service: `services: { web: { build: … } }`"],
  ["command: node x.js", "command: unknown key here; it belongs to a service: `services: { web: { command: … } }`"],
  ["version: 22", "version: unknown key here; it belongs to a service: `services: { web: { version: … } }`"],
  [
    "output: dist\nservices: { api: {} }",
    "output: unknown key here; it belongs to a service: `services: { api: { output: … } }`",
  ],
  ["comand: x", "comand: unknown key here; it belongs to a service: `services: { web: { command: … } }`"],
  ["start_command: x", "start_command: unknown key here; it belongs to a service: `services: { web: { command: … } }`"],
  ["enviroment: x", "enviroment: unknown key; did you mean environments?"],
  ["environment: {}", "environment: unknown key; did you mean env?"],
  [
    "memory: 1Gi",
    "memory: unknown key here; it belongs to a service: `services: { web: { resources: { memory: … } } }`",
  ],
  ["services: { web: { image: node:24 } }", "services.web.image: unknown key; did you mean base?"],
  ["services: { web: { start: x } }", "services.web.start: unknown key; did you mean command?"],
  [
    "services: { web: { build: { base: x } } }",
    "services.web.build.base: unknown key here; it belongs to a service: `services: { web: { base: … } }`",
  ],
  ["services: { web: { build: { cmd: x } } }", "services.web.build.cmd: unknown key; did you mean command?"],
  [
    "services: { web: { name: x } }",
    "services.web.name: unknown key here; it belongs to the top of the file: `name: …`",
  ],
  ["nonsense: 1", "nonsense: unknown key; expected one of name, services, env, release, environments, previews"],
  ["1: 2", "berth.yaml: expected another key: text, and not __proto__"],
  ["? [a]\n: 1", "berth.yaml: expected another key: text, and not __proto__"],
  ["services: []", "services: expected a map"],
  ["services: { web: [] }", "services.web: expected a map such as { source: … }"],
  ["services: { web: { routes: / } }", "services.web.routes: expected a list"],
  ['services: { web: { command: "node\\0 x" } }', "berth.yaml: expected text without a NUL character"],
  ['env: { A: "x\\0" }', "berth.yaml: expected text without a NUL character"],
  [
    'services: { web: { health: { path: "/\\u0001" } } }',
    "services.web.health.path: expected a path prefix such as /api",
  ],
  ["services: { web: { routes: [api] } }", "services.web.routes[0]: expected a path prefix such as /api"],
  ["services: { web: { command: 5 } }", "services.web.command: expected text"],
  ["services: { web: { command: '  ' } }", "services.web.command: expected some text"],
  ["services: { web: { build: [x] } }", "services.web.build: expected a map or text"],
  ["services: { web: { source: ../other } }", "services.web.source: expected a folder inside the repository"],
  ["services: { web: { source: /srv } }", "services.web.source: expected a folder inside the repository"],
  [
    "services: { web: { writable: [/] } }",
    "services.web.writable[0]: expected a folder of the app such as uploads, or of a Dockerfile's image such as /srv/uploads",
  ],
  [
    "services: { web: { writable: [ok, ../up] } }",
    "services.web.writable[1]: expected a folder of the app such as uploads, or of a Dockerfile's image such as /srv/uploads",
  ],
  [
    "services: { web: { health: { timeout: 5 } } }",
    "services.web.health.timeout: expected a duration such as 500ms, 5s, 10m, 2h or 7d",
  ],
  [
    "services: { web: { resources: { memory: big } } }",
    "services.web.resources.memory: expected an amount of memory such as 256Mi or 1Gi",
  ],
  [
    "services: { web: { resources: { memory: 0Mi } } }",
    "services.web.resources.memory: expected an amount of memory from 4Mi to 16384Gi, such as 256Mi",
  ],
  [
    "services: { web: { resources: { memory: 99999999999999Gi } } }",
    "services.web.resources.memory: expected an amount of memory from 4Mi to 16384Gi, such as 256Mi",
  ],
  [
    "services: { web: { resources: { cpu: 0 } } }",
    "services.web.resources.cpu: expected an amount of CPU from 1m to 1000, such as 250m",
  ],
  [
    "services: { web: { resources: { cpu: 99999999999999999999 } } }",
    "services.web.resources.cpu: expected an amount of CPU from 1m to 1000, such as 250m",
  ],
  ["services: { web: { stop: { grace: 25h } } }", "services.web.stop.grace: expected a duration up to 1d, such as 30s"],
  [
    "services: { web: { health: { timeout: 99999999d } } }",
    "services.web.health.timeout: expected a duration up to 1d, such as 30s",
  ],
  [
    "services: { web: { scale: { min: 0, idle: 366d } } }",
    "services.web.scale.idle: expected a duration up to 365d, such as 5m",
  ],
  ["services: { web: { resources: { cpu: true } } }", "services.web.resources.cpu: expected text or a number"],
  [
    "services: { 'We b': {} }",
    'services["We b"]: expected 1 to 30 characters: a-z, 0-9 and hyphens, starting with a letter',
  ],
  ["env: { 'A B': 1 }", 'env["A B"]: expected a variable name such as LOG_LEVEL'],
  ["env: { A: [1] }", "env.A: expected text, a number, true or false or a map"],
  ["env: { A: }", "env.A: expected text, a number, true or false or a map"],
  ["env: { A: { generate: 4 } }", "env.A.generate: expected at least 8"],
  [
    "env: { A: { generate: 32, required: true } }",
    "env.A.generate: expected generate alone: what is drawn needs no default, and is never missing",
  ],
  ["env: { A: { requird: true } }", "env.A.requird: unknown key; did you mean required?"],
  ["env: { A: { pattern: '(' } }", "env.A.pattern: expected a regular expression such as ^sk_"],
  ["previews: { env: { 'A B': 1 } }", 'previews.env["A B"]: expected a variable name such as LOG_LEVEL'],
  [
    "name: Shop!",
    "name: expected an app name: 3 to 30 characters, a-z, 0-9 and single hyphens, starting with a letter, not a reserved name",
  ],
  ["previews: { ttl: 5m }", "previews.ttl: expected a duration from 1h to 365d, such as 7d, or never"],
  ["previews: { cap: 0 }", "previews.cap: expected at least 1"],
  ["previews: { services: [] }", "previews.services: expected at least 1"],
  [
    "environments: { 'Staging!': main }",
    'environments["Staging!"]: expected the name of an environment such as staging: a-z, 0-9 and single hyphens',
  ],
  [
    "environments: { staging: 'a b' }",
    "environments.staging: expected a branch such as main, or a pattern such as release/*",
  ],
  ["environments: { staging: '*/*/*/*' }", "environments.staging: expected at most three * in a pattern"],
  ["release: node migrate.js", "release: expected a map such as { command: … }"],
  ["services: { web: { health: /up } }", "services.web.health: expected a map such as { path: … }"],
  ["services: { web: { cron: '@daily' } }", "services.web.cron: unknown key; did you mean schedule?"],
  [
    "services: { web: { ports: [80] } }",
    "services.web.ports: unknown key; a service listens on $PORT, which Berth chooses",
  ],
  ["env_file: .env", "env_file: unknown key; variables stand below env, or come with `berth config import <file>`"],
  ["- a", "berth.yaml: expected a map, such as `services:` with services below it"],
  ["just text", "berth.yaml: expected a map, such as `services:` with services below it"],
  ["name: a\nname: b", "berth.yaml: expected each key once, but this one is there before"],
  ["services:\n\tweb:", "berth.yaml: expected spaces, not a tab"],
  ["name: shop\n---\nname: b", "berth.yaml: expected one document, without `---` in between"],
  ["name: !!js/function x", "berth.yaml: expected a plain value, without a tag"],
  ["name: *nowhere", "berth.yaml: expected an anchor (`&name`) for every alias (`*name`)"],
  ["env: &e { A: *e }", "berth.yaml: expected fewer levels of nesting"],
  [`name: ${"x".repeat(300_000)}`, "berth.yaml: expected at most 256 KiB of text"],
])("refuses %j", (text, message) => {
  const error = refusal(text);
  expect([error.code, error.message]).toEqual(["config.invalid", message]);
});

test.each([
  [
    "aliases that grow without bound",
    `a: &a [x, x]\n${"bcdefghijklmnopqrst".replaceAll(/./g, (name) => `${name}: &${name} [${Array(9).fill(`*${String.fromCodePoint(name.codePointAt(0)! - 1)}`)}]\n`)}`,
  ],
  ["nesting without end", "[".repeat(100_000)],
  ["nesting of maps without end", "{a: ".repeat(50_000)],
  ["a quote that does not close", 'name: "shop'],
  ["a key of the object's own machinery", "__proto__: { polluted: 1 }"],
  ["such a key among the variables", "env: { __proto__: { polluted: 1 } }"],
])("refuses %s", (_, text) => {
  expect(refusal(text).code).toBe("config.invalid");
  expect({}).not.toHaveProperty("polluted");
});

test("lists all that is wrong with line and column", () => {
  const error = refusal("services:\n  web:\n    scale:\n      max: many\n    rutes: [/]\nname: A\n");
  expect(error.details).toEqual([
    "line 6, column 1: name: expected an app name: 3 to 30 characters, a-z, 0-9 and single hyphens, starting with a letter, not a reserved name",
    "line 4, column 7: services.web.scale.max: expected a number",
    "line 5, column 5: services.web.rutes: unknown key; did you mean routes?",
  ]);
  expect(error.path).toBe("name");
  expect(error.hint).toBe("Correct line 6, column 1 of berth.yaml, and 2 more.");
});

test("tells of the first of many problems alone", () => {
  const keys = Array.from({ length: 30 }, (_, index) => `no${index}: 1`);
  const { details, hint } = refusal(`services:\n  web:\n    scale: { ${keys.join(", ")} }\n`);
  expect(details).toHaveLength(21);
  expect(details?.at(-1)).toBe("and 10 more");
  expect(hint).toMatch(/, and 29 more\.$/);
});

test.each(["[", "{a: ", "- "])("tells of nesting without end once (%s)", (part) => {
  const { message, details } = refusal(`a:\n ${part.repeat(60_000)}`);
  expect([message, details]).toEqual(["berth.yaml: expected fewer levels of nesting", []]);
});

test("says where the YAML itself is wrong", () => {
  const error = refusal("name: shop\nservices:\n\tweb:\n");
  expect(error.message).toBe("berth.yaml: expected spaces, not a tab");
  expect(error.hint).toBe("Correct line 3, column 1 of berth.yaml.");
  expect(error.details).toEqual([]);
});

test("reads a schedule", () => {
  const { services, previews } = parseBerthYaml(
    "services: { nightly: { command: a, schedule: ' 0  3 * * * ', timezone: Europe/Berlin, overlap: replace, timeout: 1h, catchUp: 6h } }\npreviews: { crons: true }",
  );
  expect(services?.["nightly"]).toEqual({
    command: "a",
    schedule: "0 3 * * *",
    timezone: "Europe/Berlin",
    overlap: "replace",
    timeout: 3_600_000,
    catchUp: 21_600_000,
  });
  expect(previews).toEqual({ crons: true });
});

test.each([
  ["{ command: a, schedule: 0 25 * * * }", "services.job.schedule: expected an hour from 0 to 23"],
  ["{ command: a, schedule: '@daily', timezone: Munich }", "services.job.timezone: expected a time zone such as"],
  ["{ command: a, schedule: '@daily', routes: [/] }", "services.job.routes: expected nothing here"],
  ["{ command: a, schedule: '@daily', scale: 2 }", "services.job.scale: expected nothing here"],
  ["{ command: a, overlap: skip }", "services.job.overlap: expected a schedule beside it"],
  ["{ schedule: '@daily' }", "services.job.schedule: expected a command beside it"],
  ["{ command: a, schedule: '@daily', overlap: queue }", "services.job.overlap: expected one of skip, allow, replace"],
  ["{ command: a, schedule: '@daily', catchup: 1h }", "services.job.catchup: unknown key; did you mean catchUp?"],
])("refuses the cron service %s", (service, message) => {
  expect(refusal(`services: { job: ${service} }`).message).toContain(message);
});
