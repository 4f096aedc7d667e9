import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const example = join(import.meta.dirname, "../../examples/next");

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "tides", example);
});
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

it("builds next, and serves pages, routes and assets from a read-only image", async () => {
  expect(await repository.deploy()).toContain("npm run build");
  const page = await berth.get("tides.localhost");
  expect(page.body).toContain("Tides, as of");
  const script = /src="(\/_next\/static\/[^"]+\.js)"/.exec(page.body)![1]!;
  expect((await berth.get("tides.localhost", script)).headers["cache-control"]).toMatch(/immutable/);
  expect(JSON.parse((await berth.get("tides.localhost", "/tide")).body)).toMatchObject({ unit: "m" });
}, 400_000);
