import { expect, test } from "vitest";
import { ada, givenLive, givenPending, makeArtifact, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testApps(given: Given): void {
  test("an app is found again by its name, also after reopening", async () => {
    const app = await given.store.apps.create({ name: "shop", defaultBranch: "main" }, ada);
    expect(app).toEqual({ name: "shop", defaultBranch: "main", createdAt: given.clock.time, createdBy: "ada" });
    await given.reopen();
    expect(await given.store.apps.get("shop")).toEqual(app);
    expect(await given.store.apps.get("shed")).toBeNull();
  });

  test("a name is taken once", async () => {
    await given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    const again = given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    await expect(again).rejects.toMatchObject({ code: "app.exists", path: "shop" });
  });

  test("a name that cannot be part of a host name is refused", async () => {
    const invalid = given.store.apps.create({ name: "My Shop", defaultBranch: null }, ada);
    await expect(invalid).rejects.toMatchObject({ code: "app.invalid-name" });
    expect(await given.store.apps.list({ limit: 10 })).toEqual([]);
  });

  test("apps are listed by name, page by page", async () => {
    for (const name of ["cellar", "attic", "barn"]) await given.store.apps.create({ name, defaultBranch: null }, ada);
    const names = async (page: { limit: number; after?: string }) =>
      (await given.store.apps.list(page)).map(({ name }) => name);
    expect(await names({ limit: 2 })).toEqual(["attic", "barn"]);
    expect(await names({ limit: 2, after: "barn" })).toEqual(["cellar"]);
  });

  test("the default branch changes, of an app that is there", async () => {
    await given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    await given.store.apps.setDefaultBranch("shop", "trunk", ada);
    expect((await given.store.apps.get("shop"))?.defaultBranch).toBe("trunk");
    await expect(given.store.apps.setDefaultBranch("shed", "trunk", ada)).rejects.toMatchObject({
      code: "app.not-found",
    });
  });

  test("deleting an app takes its environments, releases, ports and operations with it, and leaves artifacts and other apps", async () => {
    const { release } = await givenLive(given.store);
    const other = { app: "blog", environment: "production" };
    await givenLive(given.store, other);
    await given.store.artifacts.put(makeArtifact("web", "key", 1));
    await given.store.environments.ports(production, ["web"], () => 20_001);
    await given.store.apps.delete("shop", ada);
    expect(await given.store.apps.get("shop")).toBeNull();
    expect(await given.store.environments.list("shop")).toEqual([]);
    expect(await given.store.releases.get(production, 1)).toBeNull();
    expect(await given.store.operations.get(release.operation)).toBeNull();
    expect(await given.store.environments.allPorts()).toEqual([]);
    expect(await given.store.artifacts.findByKey("key")).not.toBeNull();
    expect((await given.store.releases.get(other, 1))?.state).toBe("live");
    await expect(given.store.apps.delete("shop", ada)).rejects.toMatchObject({ code: "app.not-found" });
  });

  test("deleting an app ends the following of its running operations", async () => {
    const { release } = await givenPending(given.store);
    const told: unknown[] = [];
    given.store.operations.follow(release.operation, (event) => told.push(event));
    await given.store.apps.delete("shop", ada);
    expect(told).toEqual(["ended"]);
  });
}
