import { expect, test } from "vitest";
import { ada, givenLive, givenPending, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testAudit(given: Given): void {
  test("every change says who made it, newest first", async () => {
    await givenLive(given.store);
    await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 2, reason: "no" }, ada);
    await given.store.environments.delete("shop", "production", ada);
    const entries = await given.store.audit.list({ app: "shop" }, { limit: 100 });
    expect(entries.map(({ action }) => action).toReversed()).toEqual([
      "app.create",
      "environment.create",
      "operation.deploy",
      "release.create",
      "release.promote",
      "operation.deploy",
      "release.create",
      "release.fail",
      "environment.delete",
    ]);
    expect(entries.every(({ person, at }) => person === "ada" && at === given.clock.time)).toBe(true);
    expect(entries.find(({ action }) => action === "release.promote")).toMatchObject({ ...production, detail: "v1" });
  });

  test("entries outlive what they tell of, and what failed has none", async () => {
    await given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    await expect(given.store.apps.create({ name: "shop", defaultBranch: null }, ada)).rejects.toThrow("already");
    await given.store.apps.delete("shop", ada);
    await given.reopen();
    const actions = (await given.store.audit.list({}, { limit: 10 })).map(({ action }) => action);
    expect(actions).toEqual(["app.delete", "app.create"]);
  });

  test("entries of others are appended, and listed by app and page by page", async () => {
    const entry = { person: "grace", action: "logs.read", environment: null, detail: "" };
    for (const app of ["shop", null, "blog", "shop"]) await given.store.audit.append({ ...entry, app });
    const [newest, ...older] = await given.store.audit.list({}, { limit: 10 });
    expect(newest).toMatchObject({ ...entry, app: "shop", at: given.clock.time });
    expect(await given.store.audit.list({}, { limit: 2, after: newest!.seq })).toEqual(older.slice(0, 2));
    expect((await given.store.audit.list({ app: "shop" }, { limit: 10 })).length).toBe(2);
    expect((await given.store.audit.list({ app: "shop" }, { limit: 10, after: newest!.seq })).length).toBe(1);
  });
}
