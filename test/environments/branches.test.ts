import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import type { Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { expectGone, givenApp, pushBranch } from "./scenario.ts";

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await givenApp(berth, "shop");
}, 60_000);
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

const environment = async (name: string) => {
  const route = berth.api().apps[":app"].environments[":environment"];
  return await (await route.$get({ param: { app: "shop", environment: name } })).json();
};
const names = async () => {
  const { items } = await (await berth.api().apps[":app"].environments.$get({ param: { app: "shop" } })).json();
  return items.map(({ name }) => name);
};

it.each([
  ["git push --delete", ["--delete", "berth", "feature/login"]],
  ["a push of nothing to it", ["berth", ":feature/login"]],
])(
  "makes a preview of a branch, and removes all of it by %s",
  async (_, deletion) => {
    const output = await pushBranch(repository, "feature/login");
    expect(output).toContain("http://shop--feature-login.localhost");
    expect((await berth.get("shop--feature-login.localhost")).body).toBe("feature/login");
    expect(await environment("feature-login")).toMatchObject({ kind: "preview", branch: "feature/login" });
    expect(await repository.deploy(...deletion)).toContain("removed feature-login");
    await expectGone(berth, "shop", "feature-login");
    expect(await repository.git("ls-remote", "berth", "feature/login")).toBe("");
    expect((await berth.get("shop.localhost")).body).toBe("main");
  },
  60_000,
);

it("lets previews sleep, and their workers with them", async () => {
  const output = await pushBranch(repository, "drowsy", "drowsy", {
    "berth.yaml": "services: { web: { scale: 3 }, worker: { command: node worker.js } }\n",
    "worker.js": "setInterval(() => undefined, 1e6);",
  });
  expect(output).toContain("a preview: web sleeps when idle; worker runs while that is awake");
  const [release] = await berth.releases("shop", "drowsy");
  const route = berth.api().apps[":app"].environments[":environment"].releases[":version"];
  const { snapshot } = await (
    await route.$get({ param: { app: "shop", environment: "drowsy", version: String(release!.version) } })
  ).json();
  expect(snapshot.services.map(({ spec }) => [spec.name, spec.scale.min, spec.scale.whileAwake ?? false])).toEqual([
    ["web", 0, false],
    ["worker", 1, true],
  ]);
  // What a preview is by being one does not go with its images.
  await berth.api().apps[":app"].environments[":environment"].promote.$post({
    param: { app: "shop", environment: "production" },
    query: { wait: "60" },
    json: { from: "drowsy" },
  });
  const { services } = await berth.status("shop");
  expect(services.map(({ name, replicas }) => [name, replicas])).toEqual([
    ["web", 3],
    ["worker", 1],
  ]);
  await repository.deploy("berth", ":drowsy");
}, 60_000);

it("keeps nothing of a folder that was deployed to an environment which is removed", async () => {
  await repository.git("checkout", "--quiet", "main");
  const commit = await repository.commit("Try it");
  await repository.deploy("berth", `${commit}:refs/berth/deploy/try-it`);
  const kept = join(berth.home, "git/shop.git/refs/berth/deploy/try-it");
  expect(existsSync(kept)).toBe(true);
  const route = berth.api().apps[":app"].environments[":environment"];
  await route.$delete({ param: { app: "shop", environment: "try-it" }, query: { wait: "60" } });
  await until("it is gone", async () => !(await names()).includes("try-it"));
  await expectGone(berth, "shop", "try-it");
  expect(existsSync(kept)).toBe(false);
}, 60_000);

it("tells branches apart whose names come to the same, or are too long", async () => {
  const long = `feature/${"very-".repeat(14)}long`;
  await pushBranch(repository, "fix/one");
  await pushBranch(repository, "fix-one");
  await pushBranch(repository, long);
  const made = (await names()).filter((name) => name !== "production").toSorted();
  expect(made[1]).toBe("fix-one");
  expect(made[2]).toMatch(/^fix-one-[\da-f]{6}$/);
  expect(made[0]).toMatch(/^feature-very-.*-[\da-f]{6}$/);
  expect(`shop--${made[0]}`.length).toBeLessThanOrEqual(63);
  expect((await berth.get(`shop--${made[0]}.localhost`)).body).toBe(long);
  expect((await berth.get(`shop--${made[2]}.localhost`)).body).toBe("fix-one");
  await pushBranch(repository, "fix-one", "again");
  expect((await berth.get(`shop--${made[2]}.localhost`)).body).toBe("again");
  for (const branch of ["fix/one", "fix-one", long]) await repository.deploy("berth", `:${branch}`);
  expect(await names()).toEqual(["production"]);
}, 120_000);

it("deploys the branches that berth.yaml names to environments that last", async () => {
  const declared = "environments: { staging: [next, release/*] }\nservices: { web: {} }\n";
  await repository.git("checkout", "--quiet", "main");
  repository.write({ "berth.yaml": declared });
  await repository.commit("Name them");
  expect(await pushBranch(repository, "next")).toContain("http://shop--staging.localhost");
  expect(await environment("staging")).toMatchObject({ kind: "lasting", branch: "next" });
  expect(await pushBranch(repository, "release/1")).toContain("http://shop--staging.localhost");
  expect(await environment("staging")).toMatchObject({ kind: "lasting", branch: "release/1" });
  // Its name is taken, also for a branch that is called so.
  expect(await pushBranch(repository, "staging")).toMatch(/http:\/\/shop--staging-[\da-f]{6}\.localhost/);
  const [live] = await berth.releases("shop", "staging");
  const status = await berth.status("shop", "staging");
  expect(status).toMatchObject({ live: live!.version, services: [{ name: "web", replicas: 1 }] });
  expect(await repository.deploy("berth", ":release/1")).toContain("staging stays");
  expect((await berth.get("shop--staging.localhost")).body).toBe("release/1");
  expect(await repository.git("ls-remote", "berth", "release/1")).toBe("");
}, 120_000);
