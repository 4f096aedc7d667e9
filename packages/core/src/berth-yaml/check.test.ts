import { expect, test } from "vitest";
import { checkBerthYaml } from "./check.ts";
import { problemText } from "./problem.ts";

const check = (text: string) =>
  checkBerthYaml(text).map((problem) => [problem.position?.line, problem.position?.column, problemText(problem)]);

test("a file that is right has no problems", () => {
  expect(check("services: { web: { routes: [/] }, api: { routes: [/api] } }")).toEqual([]);
});

test("all that is wrong is told, in the order of the file", () => {
  const text = "services:\n  web:\n    scale: { max: many }\n    comand: x\nname: S\n";
  expect(check(text)).toEqual([
    [3, 14, "services.web.scale.max: expected a number"],
    [4, 5, "services.web.comand: unknown key; did you mean command?"],
    [5, 1, expect.stringMatching(/^name: expected an app name/)],
  ]);
});

test("what is no YAML is told where it breaks", () => {
  expect(check("services:\n\tweb:\n")[0]?.slice(0, 2)).toEqual([2, 1]);
});

test("what services say of each other is told where it stands", () => {
  expect(check("services:\n  web:\n  api:\n    routes: [/]\n")).toEqual([
    [4, 5, "services.api.routes: expected a route of its own, but / is services.web's"],
  ]);
  expect(check("release: { command: a, service: job }\nservices: { web: }\n")).toEqual([
    [1, 24, "release.service: expected one of the services (web)"],
  ]);
});

test("an address of a service that nobody reaches is told where it stands", () => {
  const text = [
    "env: { A: '${services.api.url}/v1', B: '$${services.apii.url}' }",
    "services:",
    "  web: { env: { C: { default: '${services.worker.url}' } } }",
    "  api: { health: { path: / } }",
    "  worker: { command: node worker.js }",
    "previews: { env: { D: '${services.apii.url}' } }",
  ];
  const expected = "expected ${services.….url} of a service that takes requests (web, api), and not of";
  expect(check(text.join("\n"))).toEqual([
    [3, 17, `services.web.env.C: ${expected} worker`],
    [6, 20, `previews.env.D: ${expected} apii`],
  ]);
  expect(check("env: { A: '${services.api.url}' }")).toEqual([]);
});
