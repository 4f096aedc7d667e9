import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { makeStepScript } from "./step-script.ts";

const run = (argv: readonly string[], env: Record<string, string>) =>
  execFileSync("sh", ["-c", makeStepScript({ argv, env: { PATH: process.env["PATH"] ?? "", ...env }, cwd: "/" })], {
    env: {},
    encoding: "utf8",
  });

it.each([
  ["quotes", `it's "so"`],
  ["what a shell would fill in", "$HOME `id` $(id) \\ * ~"],
  ["several lines", "a\nb\n"],
])("passes %s on as they are, in arguments and variables", (_, text) => {
  const argv = [process.execPath, "-e", "console.log(JSON.stringify([process.argv[1], process.env.A]))", text];
  expect(JSON.parse(run(argv, { A: text }))).toEqual([text, text]);
});

it("passes variables on whose names no shell takes", () => {
  const argv = [process.execPath, "-p", "process.env['npm_config_//host/:key']"];
  expect(run(argv, { "npm_config_//host/:key": "it's" })).toBe("it's\n");
});
