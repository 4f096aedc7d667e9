import { commandText } from "@berth/core";
import { expect, test } from "vitest";
import type { Manifest } from "./manifest.ts";
import { nodeCommand, scriptText } from "./scripts.ts";

const manifest: Manifest = {
  name: null,
  main: null,
  packageManager: null,
  scripts: { serve: "node server.js", loop: "npm run loop", twice: "npm run serve", build: "tsc" },
  dependencies: { next: "16", tsx: "4", "@react-router/serve": "7", "cross-env": "7" },
  engines: {},
  volta: {},
  hasWorkspaces: false,
  patches: [],
};

test.each([
  ["node server.js", "node server.js"],
  ["npm run serve", "node server.js"],
  ["yarn serve", "node server.js"],
  ["pnpm run twice", "node server.js"],
  ["npm run unknown", "npm run unknown"],
  ["next start -p $PORT", "node_modules/.bin/next start -p $PORT"],
  ["npx tsx src/main.ts", "node_modules/.bin/tsx src/main.ts"],
  ["react-router-serve ./build/server/index.js", "node_modules/.bin/react-router-serve ./build/server/index.js"],
  ["NODE_ENV=production node server.js", "node server.js"],
  ["cross-env NODE_ENV=production node server.js", "node server.js"],
  ["NODE_OPTIONS=--enable-source-maps node server.js", "env NODE_OPTIONS=--enable-source-maps node server.js"],
  ["./bin/start.sh --fast", "./bin/start.sh --fast"],
  ["unknown --port 1", "unknown --port 1"],
  ["node migrate.js && node server.js", "node migrate.js && exec node server.js"],
  ["node a.js && A=1 node b.js", "node a.js && exec env A=1 node b.js"],
  ["node a.js & node b.js", "node a.js & node b.js"],
  ["test -f x || node a.js && node b.js", "test -f x || node a.js && node b.js"],
])("runs %j as %j", (text, command) => {
  expect(commandText(nodeCommand(text, manifest))).toBe(command);
});

test("a script that names itself ends", () => {
  expect(scriptText(manifest, "loop")).toBe("npm run loop");
});

test("what runs before a script runs before it, save for a build that was made already", () => {
  const scripts = { start: "node server.js", prestart: "node migrate.js", build: "tsc" };
  expect(scriptText({ ...manifest, scripts }, "start")).toBe("node migrate.js && node server.js");
  expect(scriptText({ ...manifest, scripts: { ...scripts, prestart: "npm run build" } }, "start")).toBe(
    "node server.js",
  );
});
