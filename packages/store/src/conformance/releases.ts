import { expect, test } from "vitest";
import { ada, givenEnvironment, givenLive, givenPending, makeSnapshot, origin, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testReleases(given: Given): void {
  test("a release is written as pending and desired, with all that was given, also after reopening", async () => {
    const before = await givenEnvironment(given.store);
    const snapshot = makeSnapshot("web", "api");
    const { release, environment } = await givenPending(given.store, production, snapshot);
    expect(release).toMatchObject({ ...production, version: 1, state: "pending", snapshot, origin, createdBy: "ada" });
    expect(release).toMatchObject({ liveAt: null, supersededAt: null, reason: null, carries: null, kind: "deploy" });
    expect(environment).toEqual({ ...before, desired: 1, revision: before.revision + 1 });
    await given.reopen();
    expect(await given.store.releases.get(production, 1)).toEqual(release);
    expect(await given.store.environments.get("shop", "production")).toEqual(environment);
    expect((await given.store.operations.get(release.operation))?.version).toBe(1);
  });

  test("a rollback says which version it carries", async () => {
    const { environment } = await givenLive(given.store);
    const operation = await given.store.operations.start({ ...production, kind: "rollback" }, ada);
    const { release } = await given.store.releases.create(
      { ...production, kind: "rollback", carries: 1, snapshot: makeSnapshot("web"), origin, operation: operation.id },
      environment.revision,
      ada,
    );
    expect(release).toMatchObject({ version: 2, kind: "rollback", carries: 1 });
  });

  test("a change of scale is a release with what it lays over berth.yaml, also after reopening", async () => {
    const { environment } = await givenLive(given.store);
    const operation = await given.store.operations.start({ ...production, kind: "scale" }, ada);
    const { services } = makeSnapshot("web");
    const scales = { web: { min: 3, max: 3 }, worker: { max: 5 } };
    const snapshot = { services: services.map((each) => ({ ...each, declaredScale: each.spec.scale })), scales };
    const { release } = await given.store.releases.create(
      { ...production, kind: "scale", carries: 1, snapshot, origin, operation: operation.id },
      environment.revision,
      ada,
    );
    await given.reopen();
    expect(await given.store.releases.get(production, 2)).toEqual(release);
    expect(release).toMatchObject({ kind: "scale", carries: 1, snapshot });
    expect(await given.store.operations.get(operation.id)).toMatchObject({ kind: "scale", version: 2 });
  });

  test("of two that have seen the same revision, one writes its release", async () => {
    const { revision } = await givenEnvironment(given.store);
    const create = async () => {
      const operation = await given.store.operations.start({ ...production, kind: "deploy" }, ada);
      const release = { ...production, kind: "deploy" as const, carries: null, snapshot: makeSnapshot("web"), origin };
      return given.store.releases.create({ ...release, operation: operation.id }, revision, ada);
    };
    const results = await Promise.allSettled([create(), create()]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "conflict" } });
    expect((await given.store.releases.list(production, { limit: 10 })).length).toBe(1);
  });

  test("a release needs its environment and its operation", async () => {
    const release = { ...production, kind: "deploy" as const, carries: null, snapshot: makeSnapshot(), origin };
    const create = (revision: number) => given.store.releases.create({ ...release, operation: "op_0" }, revision, ada);
    await expect(create(0)).rejects.toMatchObject({ code: "environment.not-found" });
    const environment = await givenEnvironment(given.store);
    await expect(create(environment.revision)).rejects.toMatchObject({ code: "operation.not-found" });
    expect(await given.store.environments.get("shop", "production")).toEqual(environment);
  });

  test("a release that failed says why, and desired goes back to live", async () => {
    const { environment: live } = await givenLive(given.store);
    const { environment } = await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 2, reason: "web exits at once" }, ada);
    expect(await given.store.releases.get(production, 2)).toMatchObject({
      state: "failed",
      reason: "web exits at once",
    });
    expect(await given.store.environments.get("shop", "production")).toEqual({
      ...live,
      desired: 1,
      revision: environment.revision + 1,
    });
  });

  test("the first release of an environment that failed leaves it without any", async () => {
    await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 1, reason: "no" }, ada);
    expect(await given.store.environments.get("shop", "production")).toMatchObject({ desired: null, live: null });
    expect(await given.store.environments.listActive()).toEqual([]);
  });

  test("failing what is not pending any more changes nothing", async () => {
    const { release, environment } = await givenLive(given.store);
    await given.store.releases.fail({ ...production, version: 1, reason: "late" }, ada);
    expect(await given.store.releases.get(production, 1)).toEqual(release);
    expect(await given.store.environments.get("shop", "production")).toEqual(environment);
  });

  test("an older pending release that fails leaves desired to the newer one", async () => {
    await givenPending(given.store);
    const { environment } = await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 1, reason: "replaced" }, ada);
    expect(await given.store.environments.get("shop", "production")).toEqual(environment);
  });

  test("a release that is not there cannot fail", async () => {
    await givenEnvironment(given.store);
    await expect(given.store.releases.fail({ ...production, version: 7, reason: "no" }, ada)).rejects.toMatchObject({
      code: "release.not-found",
      path: "shop/production/v7",
    });
  });
}
