import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import type { Repository } from "../support/repository.ts";
import { givenApp, pushBranch } from "./scenario.ts";

let berth: Berth;
let repository: Repository;
const host = "shop--secret.localhost";
const param = { app: "shop", environment: "secret" };

beforeAll(async () => {
  berth = await startBerth();
  repository = await givenApp(berth, "shop");
  await pushBranch(repository, "secret", "secret", {
    "berth.yaml": "services: { web: {} }\npreviews: { protected: true }\n",
  });
}, 60_000);
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

const route = () => berth.api().apps[":app"].environments[":environment"];
const share = async (forMs: number) => await (await route().share.$post({ param, json: { forMs } })).json();
const status = async (headers: Record<string, string>) => (await berth.get(host, "/", headers)).status;

it("shows a protected preview to who has a link, until that is taken back", async () => {
  expect(await berth.get(host)).toMatchObject({ status: 403 });
  const { url, token, expiresAt } = await share(3_600_000);
  expect(expiresAt).toBeGreaterThan(Date.now());
  const { pathname, search } = new URL(url);
  const entered = await berth.get(host, pathname + search);
  expect(entered).toMatchObject({ status: 303, headers: { location: "/" } });
  const cookie = String(entered.headers["set-cookie"]).split(";")[0]!;
  expect(await berth.get(host, "/", { cookie })).toMatchObject({
    status: 200,
    body: "secret",
    headers: { "x-robots-tag": "noindex, nofollow" },
  });
  expect(await status({ "berth-share": token })).toBe(200);
  await route().share.$delete({ param });
  expect(await status({ cookie })).toBe(403);
  expect(await status({ "berth-share": (await share(3_600_000)).token })).toBe(200);
  const { items } = await (await berth.api().audit.$get({ query: { app: "shop", limit: 20 } })).json();
  const actions = items.map(({ action }) => action);
  expect(actions).toEqual(expect.arrayContaining(["environment.share", "environment.unshare"]));
  expect(JSON.stringify(items)).not.toContain(token);
}, 60_000);

it("stays protected through a restart, and holds for a preview from its push on, until a push says otherwise", async () => {
  const { token } = await share(3_600_000);
  await berth.kill();
  await berth.restart();
  expect(await status({})).toBe(403);
  expect(await status({ "berth-share": token })).toBe(200);
  await pushBranch(repository, "secret", "open", { "berth.yaml": "services: { web: {} }\n" });
  expect(await berth.get(host)).toMatchObject({ status: 200, body: "open" });
  await expect(share(3_600_000)).rejects.toMatchObject({ code: "conflict" });
}, 60_000);

it("asks search engines to leave previews alone, also where there is none", async () => {
  await pushBranch(repository, "plain");
  const noindex = { headers: { "x-robots-tag": "noindex, nofollow" } };
  expect(await berth.get("shop--plain.localhost")).toMatchObject({ status: 200, ...noindex });
  expect(await berth.get("shop--nowhere.localhost")).toMatchObject({ status: 404, ...noindex });
  expect((await berth.get("shop.localhost")).headers).not.toHaveProperty("x-robots-tag");
}, 60_000);
