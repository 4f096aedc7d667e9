import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "@berth/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRouterToken } from "./router-token.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-token-"));
});
afterEach(() => rmSync(home, { recursive: true }));

it("draws a token once, for its owner alone", () => {
  const drawn = readRouterToken(home, null, systemRandom);
  expect(drawn).toMatch(/^[0-9a-f]{64}$/);
  expect(readRouterToken(home, null, systemRandom)).toBe(drawn);
  expect(statSync(join(home, "router-token")).mode & 0o777).toBe(0o600);
});

it("takes the one that is set", () => {
  readRouterToken(home, null, systemRandom);
  expect(readRouterToken(home, "given", systemRandom)).toBe("given");
});
