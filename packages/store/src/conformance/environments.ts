import { expect, test } from "vitest";
import { ada, givenEnvironment, givenLive, givenPending, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testEnvironments(given: Given): void {
  const preview = { app: "shop", environment: "feature" };

  test("an environment is made once, and the same from then on", async () => {
    const made = await givenEnvironment(given.store);
    given.clock.time += 1;
    expect(await givenEnvironment(given.store)).toEqual(made);
    expect(made).toMatchObject({ kind: "production", branch: "main", desired: null, live: null, pendingRef: null });
    expect(await given.store.environments.get("shop", "production")).toEqual(made);
    expect(await given.store.environments.get("shop", "staging")).toBeNull();
  });

  test("an environment needs its app", async () => {
    const orphan = { app: "shop", name: "production", kind: "production", branch: null } as const;
    await expect(given.store.environments.ensure(orphan, ada)).rejects.toMatchObject({ code: "app.not-found" });
  });

  test("an environment without a branch takes the first it is given, and keeps it", async () => {
    await given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    const wanted = { app: "shop", name: "production", kind: "production" } as const;
    const ensure = (branch: string | null) => given.store.environments.ensure({ ...wanted, branch }, ada);
    expect((await ensure(null)).branch).toBeNull();
    expect((await ensure("main")).branch).toBe("main");
    expect((await ensure("trunk")).branch).toBe("main");
    expect((await ensure(null)).branch).toBe("main");
  });

  test("a branch belongs to one environment of an app", async () => {
    await givenEnvironment(given.store);
    const second = { app: "shop", name: "staging", kind: "preview", branch: "main" } as const;
    await expect(given.store.environments.ensure(second, ada)).rejects.toMatchObject({ code: "conflict" });
    await given.store.apps.create({ name: "blog", defaultBranch: null }, ada);
    await given.store.environments.ensure({ ...second, app: "blog" }, ada);
    expect((await given.store.environments.findByBranch("shop", "main"))?.name).toBe("production");
    expect((await given.store.environments.findByBranch("blog", "main"))?.name).toBe("staging");
    expect(await given.store.environments.findByBranch("blog", "trunk")).toBeNull();
  });

  test("an environment that takes a branch has it from then on, and its owner has none", async () => {
    await givenEnvironment(given.store);
    const wanted = { app: "shop", name: "staging", kind: "lasting", branch: "main", takesBranch: true } as const;
    expect(await given.store.environments.ensure(wanted, ada)).toMatchObject({ kind: "lasting", branch: "main" });
    expect((await given.store.environments.get("shop", "production"))?.branch).toBeNull();
    expect((await given.store.environments.ensure({ ...wanted, branch: "next" }, ada)).branch).toBe("next");
    expect(await given.store.environments.findByBranch("shop", "main")).toBeNull();
  });

  test("a preview can become one that lasts, and nothing changes back", async () => {
    const { name } = await givenEnvironment(given.store, preview);
    const ensure = (kind: "lasting" | "preview") =>
      given.store.environments.ensure({ app: "shop", name, kind, branch: null }, ada);
    expect(await ensure("lasting")).toMatchObject({ kind: "lasting", branch: "feature" });
    expect(await ensure("preview")).toMatchObject({ kind: "lasting", branch: "feature" });
    expect(await given.store.environments.listShortLived()).toEqual([]);
  });

  test("when an environment was used last is known, by operations and by what is noted, and never goes back", async () => {
    const made = await givenEnvironment(given.store, preview);
    expect(made.usedAt).toBe(given.clock.time);
    const usedAt = async () => (await given.store.environments.get("shop", "feature"))!.usedAt;
    await given.store.environments.used([
      { ...preview, at: made.usedAt + 500 },
      { ...preview, at: made.usedAt + 100 },
      { ...production, at: 1 },
    ]);
    expect(await usedAt()).toBe(made.usedAt + 500);
    given.clock.time += 1_000;
    await given.store.operations.start({ ...preview, kind: "run" }, ada);
    expect(await usedAt()).toBe(made.usedAt + 1_000);
    given.clock.time += 1_000;
    await given.store.operations.start({ ...preview, kind: "remove" }, ada);
    expect(await usedAt()).toBe(made.usedAt + 1_000);
  });

  test("what is short-lived has its rules, and is kept for as long as somebody says", async () => {
    await givenEnvironment(given.store);
    await givenEnvironment(given.store, preview);
    await given.store.environments.setRules("shop", "feature", { ttlMs: 5, isProtected: true }, ada);
    given.clock.time += 1;
    const kept = await given.store.environments.keep("shop", "feature", given.clock.time + 9, ada);
    expect(kept).toMatchObject({ keptUntil: given.clock.time + 9, usedAt: given.clock.time });
    const revoked = await given.store.environments.revokeShares("shop", "feature", ada);
    expect(revoked).toMatchObject({ ttlMs: 5, isProtected: true, shareEpoch: 1 });
    await given.reopen();
    expect(await given.store.environments.listShortLived()).toEqual([revoked]);
    const { environments } = given.store;
    const missing = { code: "environment.not-found" };
    await expect(environments.keep("shop", "gone", null, ada)).rejects.toMatchObject(missing);
    await expect(environments.revokeShares("shop", "gone", ada)).rejects.toMatchObject(missing);
    await expect(environments.setRules("shop", "gone", { ttlMs: 1, isProtected: false }, ada)).rejects.toMatchObject(
      missing,
    );
  });

  test("all environments of an app are listed, and those of all apps that serve or roll out something", async () => {
    await givenEnvironment(given.store, { app: "shop", environment: "idle" });
    await givenLive(given.store);
    await givenPending(given.store, { app: "blog", environment: "production" });
    const named = (environments: { app: string; name: string }[]) =>
      environments.map(({ app, name }) => `${app}/${name}`);
    expect(named(await given.store.environments.list("shop"))).toEqual(["shop/idle", "shop/production"]);
    expect(named(await given.store.environments.listActive())).toEqual(["blog/production", "shop/production"]);
  });

  test("a pending ref is listed until it is cleared, also after reopening", async () => {
    const { environment, release } = await givenPending(given.store);
    const ref = { branch: "main", commit: "c".repeat(40) };
    await given.store.releases.promote({ ...production, version: release.version, ref }, environment.revision, ada);
    await given.reopen();
    expect((await given.store.environments.listPendingRefs()).map(({ pendingRef }) => pendingRef)).toEqual([ref]);
    await given.store.environments.clearPendingRef("shop", "production");
    await given.reopen();
    expect(await given.store.environments.listPendingRefs()).toEqual([]);
    expect((await given.store.environments.get("shop", "production"))?.pendingRef).toBeNull();
    await expect(given.store.environments.clearPendingRef("shop", "nowhere")).rejects.toMatchObject({
      code: "environment.not-found",
    });
  });

  test("deleting an environment removes its releases and keeps its operations", async () => {
    const { release } = await givenLive(given.store, preview);
    await givenLive(given.store);
    await given.store.environments.delete("shop", "feature", ada);
    expect(await given.store.environments.get("shop", "feature")).toBeNull();
    expect(await given.store.releases.list(preview, { limit: 10 })).toEqual([]);
    expect((await given.store.operations.get(release.operation))?.version).toBe(1);
    expect((await given.store.releases.get(production, 1))?.state).toBe("live");
    await expect(given.store.environments.delete("shop", "feature", ada)).rejects.toMatchObject({
      code: "environment.not-found",
    });
  });

  test("an environment that is made again starts at v1, out of reach of whoever saw the one before", async () => {
    const { environment: before } = await givenLive(given.store, preview);
    await given.store.environments.delete("shop", "feature", ada);
    const again = await givenEnvironment(given.store, preview);
    expect(again.revision).toBeGreaterThan(before.revision);
    expect((await givenPending(given.store, preview)).release.version).toBe(1);
  });
}
