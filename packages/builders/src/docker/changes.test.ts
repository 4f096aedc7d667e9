import { expect, it } from "vitest";
import { readChanges } from "./changes.ts";
import type { PathChange } from "./changes.ts";

const change = (Kind: PathChange["Kind"], Path: string): PathChange => ({ Path, Kind });

it("fetches what was added as a whole, and what was changed by itself", () => {
  const changes = [
    change(0, "/root"),
    change(1, "/root/.npm"),
    change(0, "/app"),
    change(1, "/app/dist"),
    change(1, "/app/dist/a.js"),
    change(1, "/app/dist/deep"),
    change(1, "/app/dist/deep/b.js"),
    change(0, "/app/node_modules"),
    change(0, "/app/node_modules/lib"),
    change(0, "/app/node_modules/lib/index.js"),
    change(1, "/app/node_modules/lib/new.js"),
    change(2, "/app/node_modules/lib/gone.js"),
  ];
  expect(readChanges(changes, [])).toEqual({
    fetch: ["dist", "node_modules/lib/index.js", "node_modules/lib/new.js"],
    removed: ["node_modules/lib/gone.js"],
  });
});

it("fetches a folder that was replaced, and takes what it had before as gone", () => {
  const changes = [
    change(0, "/app"),
    change(0, "/app/node_modules"),
    change(2, "/app/node_modules/lib"),
    change(1, "/app/node_modules/lib/index.js"),
  ];
  expect(readChanges(changes, [])).toEqual({ fetch: ["node_modules/lib"], removed: ["node_modules/lib"] });
});

it("leaves caches out", () => {
  const changes = [
    change(0, "/app"),
    change(1, "/app/.next"),
    change(1, "/app/.next/cache"),
    change(1, "/app/.next/x"),
  ];
  expect(readChanges(changes, [".next/cache"]).fetch).toEqual([".next"]);
});
