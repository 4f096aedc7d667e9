import { afterAll, beforeAll, expect, test } from "vitest";
import type { Operation, Release } from "../../packages/core/src/index.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { until } from "../support/until.ts";
import { helloApp, makePerson, type Person } from "./cli.ts";

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth();
  ada = makePerson(berth);
  await ada.git("init", "--quiet", "--initial-branch=main");
  await ada.berth(["link", "shop"]);
  await push("one");
});
afterAll(async () => {
  ada.remove();
  await berth.stop();
});

async function push(text: string) {
  ada.write(helloApp(text));
  await ada.git("add", "--all");
  await ada.git("commit", "--quiet", "-m", `Say ${text}`);
  return await ada.git("push", "berth", "main");
}

interface Status {
  services: { replicas: number; instances: { state: string }[] }[];
}

const untilRun = (count: number) =>
  until(`${count} instances are ready`, async () => {
    const { services } = await ada.json<Status>(["status"]);
    const ready = services[0]!.instances.filter(({ state }) => state === "ready");
    return ready.length === count && services[0]!.replicas === count;
  });

test("a number of instances holds at once, stays through a push, and is taken back", async () => {
  const { code, out } = await ada.berth(["scale", "web=2"]);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/is scaled, as v2\n.*\nweb +2 +1$/m) });
  await untilRun(2);
  expect((await ada.berth(["releases"])).out).toMatch(/^\* v2 +live +.* scale web=2: Say one$/m);
  expect((await ada.berth(["releases", "show", "v2"])).out).toMatch(/scale +2 by berth scale; berth\.yaml has 1$/m);
  expect((await ada.berth(["status"])).out).toMatch(/scale +web 2 by berth scale; berth\.yaml has 1$/m);

  const pushed = await push("two");
  expect(pushed.err).toMatch(/web +scale 2 by berth scale; berth\.yaml has 1/);
  await untilRun(2);
  expect((await berth.get("shop.localhost")).body).toBe("two");

  const reset = await ada.json<{ operation: Operation; release: Release }>(["scale", "--reset"]);
  expect(reset).toMatchObject({ operation: { kind: "scale" }, release: { version: 4, kind: "scale", carries: 3 } });
  await untilRun(1);
  expect((await ada.berth(["scale"])).out).toMatch(/^web +1 +the same$/m);
  expect((await ada.berth(["rollback"])).out).toMatch(/back at v1 in .*s, as v5/);
});

test("says what cannot be", async () => {
  expect(await ada.berth(["scale", "wep=2"])).toMatchObject({ code: 4, err: expect.stringContaining("It has web.") });
  expect(await ada.berth(["scale", "web"])).toMatchObject({ code: 2, err: expect.stringContaining("is missing") });
});
