import { type Finding, ownCommand } from "@berth/core";
import { expect, test } from "vitest";
import { describePlan } from "./describe-plan.ts";

function told(findings: Finding[], argv: string[], support: string[] = []): string {
  return describePlan(
    { command: { argv } },
    { stack: "node", findings, contents: { dependencies: [], app: "all", support } },
  );
}

const node = { what: "Node 24", from: "the default" };

test.each([
  [[node], ["node", "a.js"], [], "Node 24 (the default), starts with node a.js"],
  [[], ["./run"], [], "node, starts with ./run"],
  [[{ what: ownCommand, from: "Procfile" }], ["node", "a.js"], [], "starts with node a.js (Procfile)"],
  [
    [{ what: "starts with tsx a.ts", from: "package.json scripts.start" }],
    ["node_modules/.bin/tsx", "a.ts"],
    [],
    "starts with tsx a.ts (package.json scripts.start)",
  ],
  [
    [{ what: "static site", from: "index.html" }],
    ["node", "../berth/static-server/server.mjs", "."],
    ["static-server"],
    "static site (index.html)",
  ],
])("of %j and %j it tells once how the service starts", (findings, argv, support, line) => {
  expect(told(findings, argv, support)).toBe(line);
});
