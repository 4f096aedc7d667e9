import { expect, test } from "vitest";
import { findMismatches, findMissing, layVariables } from "./rules.ts";

const generate = { value: null, rule: { generate: 32 } };
const required = { value: null, rule: { required: true, pattern: "^sk_" } };
const matches = (pattern: string, text: string) => new RegExp(pattern).test(text);

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

test("what is missing and what does not look as it should is told", () => {
  const service = { service: "web", rules: { A: required.rule, B: { required: true }, C: { pattern: "^x" } } };
  const told = (env: Record<string, string>) =>
    [...findMissing(service, new Set(Object.keys(env))), ...findMismatches(service, env, matches)].map(
      ({ key, what }) => [key, what],
    );
  expect(told({})).toEqual([
    ["A", "missing"],
    ["B", "missing"],
  ]);
  expect(told({ A: "pk_1", B: "", C: "y" })).toEqual([
    ["A", "mismatch"],
    ["C", "mismatch"],
  ]);
  expect(told({ A: "sk_1", B: "b", C: "xy" })).toEqual([]);
});
