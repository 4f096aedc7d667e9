import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering } from "../support/programs.ts";
import type { Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { givenApp, leftOf, nothingLeft, pushBranch } from "./scenario.ts";

const kills = 4;

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await givenApp(berth, "shop");
}, 120_000);
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

/** What is there of an environment: all of it, or nothing at all. */
async function lookFor(name: string): Promise<"served" | "gone" | object> {
  const { items } = await (await berth.api().apps[":app"].environments.$get({ param: { app: "shop" } })).json();
  const isKnown = items.some((environment) => environment.name === name);
  const ref = await repository.git("ls-remote", "berth", `refs/heads/${name}`);
  const { status, body } = await berth.get(`shop--${name}.localhost`);
  const left = await leftOf(berth, "shop", name);
  if (isKnown && ref !== "" && body === name) return "served";
  const isGone = !isKnown && ref === "" && status === 404 && isDeepStrictEqual(left, nothingLeft);
  return isGone ? "gone" : { isKnown, ref, status, left };
}

const isIdle = async () => {
  const { items } = await (await berth.api().operations.$get({ query: { app: "shop", limit: 10 } })).json();
  return items.every(({ state }) => state !== "running");
};
/** Kills the server at some point of a push that takes about so long, and starts it again. */
async function killIn(push: string, atMs: number): Promise<boolean> {
  const pushing = repository.startPush("berth", push);
  await sleep(atMs);
  await berth.kill();
  const { ok } = await pushing.done;
  await berth.restart();
  await until("what was interrupted has ended", isIdle, 60_000);
  return ok;
}

it(`leaves nothing of a preview that was being made or removed when it was killed, in ${kills} pushes of each`, async () => {
  const started = performance.now();
  await pushBranch(repository, "timed");
  const makeMs = performance.now() - started;
  const removing = performance.now();
  await repository.deploy("berth", ":timed");
  const removeMs = performance.now() - removing;
  for (let number = 0; number < kills; number += 1) {
    const name = `try-${number}`;
    const share = (number + 0.5) / kills;
    await repository.git("checkout", "--quiet", "-B", name, "main");
    repository.write({ "server.js": answering(name) });
    await repository.commit(`Say ${name}`);
    const wasMade = await killIn(name, share * makeMs);
    const made = await lookFor(name);
    expect(wasMade ? ["served"] : ["served", "gone"]).toContain(made);
    if (made === "gone") await repository.deploy("berth", name);
    const wasRemoved = await killIn(`:${name}`, share * removeMs);
    const left = await lookFor(name);
    expect(wasRemoved ? ["gone"] : ["served", "gone"]).toContain(left);
    if (left === "served") await repository.deploy("berth", `:${name}`);
    expect(await lookFor(name)).toBe("gone");
  }
  expect((await berth.get("shop.localhost")).body).toBe("main");
}, 600_000);
