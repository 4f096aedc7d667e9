import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const example = join(import.meta.dirname, "../../examples/deno");

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "lights", example);
});
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

it("serves deno with what it imports in the image, where the router looks for it", async () => {
  expect(await repository.deploy()).toContain("deno install --frozen");
  expect((await berth.get("lights.localhost", "/healthz")).body).toBe("ok");
  expect(JSON.parse((await berth.get("lights.localhost", "/lights")).body)).toHaveLength(2);
}, 240_000);
