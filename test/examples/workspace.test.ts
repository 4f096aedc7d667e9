import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makePerson } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const example = join(import.meta.dirname, "../../examples/workspace");

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "harbour", example);
});
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

it("serves the apps of a workspace, each built from the root with the packages that it needs", async () => {
  const output = await repository.deploy();
  expect(output).toContain("pnpm install --frozen-lockfile");
  expect(output).toContain("cd packages/tides && exec pnpm run build");
  expect((await berth.get("harbour.localhost")).body).toMatch(/<h1>[\d.]+ m/);
  expect((await berth.get("harbour.localhost", "/status")).body).toBe("The harbour is open.\n");
}, 240_000);

it("builds again what needs a package that has changed, and leaves the other app alone", async () => {
  repository.write({ "packages/tides/tides.js": "export const heightAt = () => 7;\n" });
  await repository.commit("Let the water rise");
  const output = await repository.deploy();
  expect(output).toMatch(/web .*cd packages\/tides/);
  expect(output).not.toMatch(/build +status/);
  expect((await berth.get("harbour.localhost")).body).toContain("<h1>7 m");
  const ada = makePerson(berth);
  const { code, out } = await ada.berth(["verify", "v2", "--app", "harbour"]);
  ada.remove();
  expect(out).toMatch(/web/);
  expect(code).toBe(0);
}, 120_000);
