import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makePerson, type Person } from "./cli.ts";

let berth: Berth;
let person: Person;

beforeAll(async () => {
  berth = await startBerth();
  person = makePerson(berth);
}, 60_000);
afterAll(async () => {
  person.remove();
  await berth.stop();
}, 60_000);

it("tells all that is wrong in berth.yaml, with line and column", async () => {
  person.write({ "berth.yaml": "services:\n  web:\n    scale: { max: many }\n    comand: node server.js\n" });
  const { code, out } = await person.berth(["config", "check"]);
  expect({ code, out: out.split("\n") }).toEqual({
    code: 2,
    out: [
      "berth.yaml:3:14  services.web.scale.max: expected a number",
      "berth.yaml:4:5  services.web.comand: unknown key; did you mean command?",
      "✗ 2 problems",
      "",
    ],
  });
  const json = JSON.parse((await person.berth(["config", "check", ".", "--json"])).out);
  expect(json.problems[0]).toEqual({
    path: "services.web.scale.max",
    message: "expected a number",
    line: 3,
    column: 14,
  });
});

it("says so where nothing is, and where there is no file", async () => {
  person.write({ "other/berth.yaml": "services: { web: { command: node server.js } }\n" });
  expect(await person.berth(["config", "check", "other"])).toMatchObject({
    code: 0,
    out: "✓ other/berth.yaml is right\n",
  });
  expect(await person.berth(["config", "check", "none.yaml"])).toMatchObject({ code: 4 });
});

it("prints the schema that the server has for editors, without a token", async () => {
  const { out } = await person.berth(["config", "check", "--schema"]);
  const response = await fetch(`${berth.url}/berth.schema.json`);
  expect(response.headers.get("content-type")).toBe("application/schema+json");
  expect(await response.json()).toEqual(JSON.parse(out));
});
