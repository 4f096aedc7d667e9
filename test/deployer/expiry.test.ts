import { afterEach, beforeEach, expect, it } from "vitest";
import { keptForever } from "../../packages/core/src/index.ts";
import { ada, makeYard, type Yard } from "./yard.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

let yard: Yard;
beforeEach(async () => {
  yard = await makeYard();
  await yard.deploy({ web: { image: "main" } });
  await yard.deploy({ web: { image: "one" } }, "feature");
});
afterEach(() => yard.close());

const names = async () => (await yard.store.environments.list("shop")).map(({ name }) => name);
const workloadOf = (environment: string) =>
  [...yard.table().workloads.values()].find((workload) => workload.environment === environment)!.id;

/** Lets time pass as it does: whoever looks every few minutes does so. */
async function pass(ms: number) {
  const endsAt = yard.clock.now() + ms;
  while (yard.clock.now() < endsAt) {
    yard.clock.advance(Math.min(hourMs, endsAt - yard.clock.now()));
    await new Promise(setImmediate);
  }
}

async function expectGone(environment: string) {
  await yard.until(`${environment} is gone`, async () => !(await names()).includes(environment));
}

it("removes a preview that nobody has used for its time, in its own name, and says so where people look before", async () => {
  await pass(6.5 * dayMs);
  expect(await names()).toEqual(["feature", "production"]);
  const { id, done } = await yard.begin({ web: { image: "next" } });
  await done;
  const told = (await yard.store.operations.events(id, 0)).map(({ text }) => text);
  expect(told).toContainEqual(expect.stringMatching(/^soon removed, .*: feature in 1[12] h/));
  await pass(dayMs);
  await expectGone("feature");
  expect(yard.runtime.running()).toEqual(["web: 1"]);
  expect(yard.refs.get("feature")).toBeNull();
  const audit = await yard.store.audit.list({ app: "shop" }, { limit: 5 });
  expect(audit).toContainEqual(
    expect.objectContaining({
      person: "berth",
      action: "environment.delete",
      environment: "feature",
      detail: expect.stringMatching(/^not used since \d{4}-/),
    }),
  );
});

it("keeps one that is used: by a request, by a command, or because somebody says so", async () => {
  for (const use of [
    async () => yard.count(workloadOf("feature"), 0),
    async () =>
      void (await yard
        .deployer()
        .wakeServices({ ...feature, service: null }, ada)
        .catch(() => undefined)),
    async () => void (await yard.deploy({ web: { image: "one" } }, "feature")),
    async () => void (await yard.store.environments.keep("shop", "feature", null, ada)),
  ]) {
    await pass(5 * dayMs);
    await use();
  }
  await pass(5 * dayMs);
  expect(await names()).toContain("feature");
  await yard.store.environments.keep("shop", "feature", yard.clock.now() + 30 * dayMs, ada);
  await pass(29 * dayMs);
  expect(await names()).toContain("feature");
  await pass(2 * dayMs);
  await expectGone("feature");
});

const feature = { app: "shop", environment: "feature" };

it("takes checks of its health for no use", async () => {
  const workload = workloadOf("feature");
  yard.requesters.set(workload, [{ agent: "UptimeRobot", network: "", perHour: 60, lastAt: yard.clock.now() }]);
  for (let day = 0; day < 7; day += 1) {
    yard.count(workload, 0);
    await pass(dayMs);
  }
  await pass(hourMs);
  await expectGone("feature");
  expect(yard.table().hosts.has("shop--feature.test")).toBe(false);
});

it("remembers through a crash what was used, and lets nothing go right after a start", async () => {
  await pass(6 * dayMs);
  yard.count(workloadOf("feature"), 0);
  await pass(hourMs);
  yard.load.clear();
  await yard.crash();
  await pass(6 * dayMs);
  expect(await names()).toContain("feature");
  const left = yard.deployer();
  await left.stop();
  yard.clock.advance(10 * dayMs);
  await yard.crash();
  await pass(50 * minuteMs);
  expect(await names()).toContain("feature");
  await pass(hourMs);
  await expectGone("feature");
});

it("never removes what lasts, nor what is kept for good", async () => {
  await yard.store.environments.ensure({ ...shop, name: "staging", kind: "lasting", branch: null }, ada);
  await yard.store.environments.keep("shop", "feature", keptForever, ada);
  await pass(60 * dayMs);
  expect(await names()).toEqual(["feature", "production", "staging"]);
});

const shop = { app: "shop" };

it("makes room for a new preview with the longest unused one, and tells", async () => {
  yard.setPreviews({ cap: 2 });
  await pass(dayMs);
  await yard.deploy({ web: { image: "two" } }, "second");
  await pass(dayMs);
  const { id, done } = await yard.begin({ web: { image: "three" } }, "third");
  expect(await done).toMatchObject({ state: "succeeded" });
  expect(await names()).toEqual(["production", "second", "third"]);
  const told = (await yard.store.operations.events(id, 0)).map(({ text }) => text);
  expect(told).toContain("feature was removed to make room: it was unused for longest");
});

it("refuses one more where all were used of late, with which could go; what is there is still deployed to", async () => {
  yard.setPreviews({ cap: 1 });
  const refused = await yard.deploy({ web: { image: "two" } }, "second");
  expect(refused).toMatchObject({
    state: "failed",
    error: {
      code: "conflict",
      message: "shop has all the previews that it may have: previews.cap is 1.",
      lines: [expect.any(String)],
    },
  });
  expect(await names()).toEqual(["feature", "production"]);
  expect(await yard.deploy({ web: { image: "three" } }, "feature")).toMatchObject({ state: "succeeded" });
});

it("gives the last place to one of two that come at once", async () => {
  yard.setPreviews({ cap: 2 });
  const [one, two] = await Promise.all([
    yard.begin({ web: { image: "two" } }, "second"),
    yard.begin({ web: { image: "two" } }, "third"),
  ]);
  const states = (await Promise.all([one.done, two.done])).map(({ state }) => state);
  expect(states.toSorted()).toEqual(["failed", "succeeded"]);
  expect(await names()).toHaveLength(3);
});
