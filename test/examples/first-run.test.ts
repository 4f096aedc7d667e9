import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { until } from "../support/until.ts";

let berth: Berth;

beforeAll(async () => {
  berth = await startBerth({}, []);
});
afterAll(() => berth.stop());

it("deploys hello by a real push on the first start, prints its URL and what to do next", async () => {
  await until("it says what to do next", () => berth.output().includes("git push berth main"));
  const lines = berth.output().split("\n");
  expect(lines[0]).toMatch(
    /^Berth \d+\.\d+\.\d+ {2}http:\/\/localhost:\d+ {2}\(state in .*; Ctrl-C stops it and its apps\)$/,
  );
  expect(berth.output()).toMatch(/live +v1 in/);
  expect(lines).toContain(`Open http://hello.localhost:${berth.port}`);
  expect(lines.at(-3)).toMatch(/bin\/berth link$/);
  expect((await berth.get("hello.localhost")).body).toContain("Hello from hello");
});

it("leaves the local user logged in, in a file for them alone", () => {
  expect(statSync(join(berth.home, "client/credentials.json")).mode & 0o777).toBe(0o600);
  expect(berth.token()).not.toBe("");
});

it("does not deploy it again on the next start, and serves it at once", async () => {
  expect(await berth.kill("SIGINT")).toBe(0);
  await berth.restart();
  await until("it is served", async () => (await berth.get("hello.localhost")).status === 200);
  expect(berth.output()).not.toContain("First start");
  expect(await berth.releases("hello")).toHaveLength(1);
});

it("deploys it on the next start where the first try failed and left the app", async () => {
  const home = mkdtempSync(join(tmpdir(), "berth-first-"));
  const failed = await startBerth({ BERTH_HOME: home });
  await failed.api().apps.$post({ json: { name: "hello" } });
  await failed.stop();
  const again = await startBerth({ BERTH_HOME: home }, []);
  await until("it says what to do next", () => again.output().includes("git push berth main"));
  expect(again.output()).toMatch(/live +v1 in/);
  await again.stop();
  removeFolder(home);
});
