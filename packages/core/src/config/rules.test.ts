import { expect, test } from "vitest";
import { findMissing, layVariables, patternedValues } from "./rules.ts";

const generate = { value: null, rule: { generate: 32 } };
const required = { value: null, rule: { required: true, pattern: "^sk_" } };

test("later values win, and rules of how one looks stay", () => {
  const stack = { env: { NODE_ENV: "production" } };
  const app = layVariables(stack, { KEY: required, SESSION: generate, LEVEL: "info" }, true);
  expect(app).toEqual({
    env: { NODE_ENV: "production", LEVEL: "info" },
    rules: { KEY: required.rule, SESSION: { generate: 32, isShared: true } },
  });
  const service = layVariables(app, { KEY: "sk_test", SESSION: "fixed", NODE_ENV: "test" }, false);
  expect(service).toEqual({
    env: { NODE_ENV: "test", LEVEL: "info", KEY: "sk_test", SESSION: "fixed" },
    rules: { KEY: required.rule },
  });
  const drawn = layVariables(service, { SESSION: generate }, false);
  expect(drawn.env).not.toHaveProperty("SESSION");
  expect(drawn.rules).toMatchObject({ SESSION: { generate: 32, isShared: false } });
});

test("what is missing is told, and what has to look in some way", () => {
  const rules = { A: required.rule, B: { required: true }, C: { pattern: "^x" }, constructor: { pattern: "^y" } };
  const service = { service: "web", rules };
  const missing = (env: Record<string, string>) =>
    findMissing(service, new Set(Object.keys(env))).map(({ key, what }) => [key, what]);
  expect(missing({})).toEqual([
    ["A", "missing"],
    ["B", "missing"],
  ]);
  expect(missing({ A: "sk_1", B: "b" })).toEqual([]);
  expect(patternedValues(service, { A: "pk_1", B: "" })).toEqual([
    { service: "web", key: "A", rule: required.rule, pattern: "^sk_", value: "pk_1" },
  ]);
  expect(patternedValues(service, {})).toEqual([]);
});
