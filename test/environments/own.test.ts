import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Operation } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering } from "../support/programs.ts";
import type { Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { expectGone, givenApp, leftOf, nothingLeft, pushBranch } from "./scenario.ts";

let berth: Berth;
let repository: Repository;
let person: Person;

beforeAll(async () => {
  berth = await startBerth();
  repository = await givenApp(berth, "shop");
  person = makePerson(berth);
}, 60_000);
afterAll(async () => {
  person.remove();
  repository.remove();
  await berth.stop();
});

const up = () => person.json<Operation>(["dev", "up"], { cwd: repository.folder });
const down = () => person.berth(["dev", "down"], { cwd: repository.folder });
const environments = async () => {
  const { items } = await (await berth.api().apps[":app"].environments.$get({ param: { app: "shop" } })).json();
  return items;
};
const served = (name: string) => berth.get(`shop--${name}.localhost`);

it("is of one person, beside branches, and has neither production's variables nor more than one instance", async () => {
  await pushBranch(repository, "feature");
  await repository.git("checkout", "--quiet", "main");
  const set = ["config", "set", "--app", "shop"];
  await person.berth([...set, "--scope", "production", "WHO=production"]);
  await person.berth([...set, "--scope", "previews", "WHERE=previews"]);
  repository.write({
    "berth.yaml": "services: { web: { scale: { min: 2, max: 5 } } }\n",
    "server.js": answering("x").replace('"x"', '[process.env.WHO, process.env.WHERE].join(" ")'),
  });
  const { environment, url } = await up();
  expect(url).toContain(`http://shop--${environment}.localhost`);
  expect(await served(environment)).toMatchObject({
    body: " previews",
    headers: { "x-robots-tag": expect.any(String) },
  });
  expect((await served("feature")).body).toBe("feature");
  expect((await berth.get("shop.localhost")).body).toBe("main");
  const found = (await environments()).find(({ name }) => name === environment)!;
  expect(found).toMatchObject({ kind: "dev", branch: null, createdBy: environment });
  expect(found.expiresAt).toBeGreaterThan(Date.now());
  const route = berth.api().apps[":app"].environments[":environment"].releases[":version"];
  const { snapshot } = await (await route.$get({ param: { app: "shop", environment, version: "1" } })).json();
  expect(snapshot.services[0]!.spec.scale).toMatchObject({ min: 0, max: 1 });
  expect((await up()).environment).toBe(environment);
  expect((await down()).out).toBe(`Removed ${environment} of shop\n`);
  await expectGone(berth, "shop", environment);
  await repository.git("checkout", "--quiet", "--force", "main");
}, 120_000);

it("gets a name of its own where a branch has that of the person, and the other way round", async () => {
  const { environment: name } = await up();
  expect(await pushBranch(repository, name, "branch")).toMatch(new RegExp(`http://shop--${name}-[\\da-f]{6}\\.`));
  expect((await served(name)).body).toBe("main");
  await down();
  await repository.deploy("berth", `:${name}`);
  await pushBranch(repository, name, "branch");
  const { environment: other } = await up();
  expect(other).toMatch(new RegExp(`^${name}-[\\da-f]{6}$`));
  expect((await served(name)).body).toBe("branch");
  await repository.deploy("berth", `:${name}`);
  expect((await up()).environment).toBe(other);
  await down();
  await expectGone(berth, "shop", other);
}, 120_000);

const kills = 4;

it(`leaves nothing of one that was being made or removed when the server was killed, in ${kills} of each`, async () => {
  await repository.git("checkout", "--quiet", "--force", "main");
  const isIdle = async () => {
    const { items } = await (await berth.api().operations.$get({ query: { app: "shop", limit: 10 } })).json();
    return items.every(({ state }) => state !== "running");
  };
  const timeOf = async (work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  let name = "";
  const makeMs = await timeOf(async () => (name = (await up()).environment));
  const removeMs = await timeOf(down);
  const look = async () => {
    const { status, body } = await served(name);
    const left = await leftOf(berth, "shop", name);
    if (body === "main" && (await environments()).some((one) => one.name === name)) return "served";
    return status === 404 && isDeepStrictEqual(left, nothingLeft) ? "gone" : { status, left };
  };
  const killIn = async (args: string[], atMs: number) => {
    const working = person.start(args, { cwd: repository.folder });
    await sleep(atMs);
    await berth.kill();
    await berth.restart();
    await working.done;
    await until("what was interrupted has ended", isIdle, 60_000);
  };
  for (let number = 0; number < kills; number += 1) {
    const share = (number + 0.5) / kills;
    await killIn(["dev", "up"], share * makeMs);
    const made = await look();
    expect(["served", "gone"]).toContain(made);
    if (made === "gone") await up();
    await killIn(["dev", "down"], share * removeMs);
    const left = await look();
    expect(["served", "gone"]).toContain(left);
    if (left === "served") await down();
    expect(await look()).toBe("gone");
  }
}, 600_000);
