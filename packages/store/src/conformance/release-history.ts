import { expect, test } from "vitest";
import {
  ada,
  givenEnvironment,
  givenLive,
  givenPending,
  makeArtifact,
  makeDigest,
  makeSnapshot,
  production,
} from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testReleaseHistory(given: Given): void {
  const versions = (releases: readonly { version: number }[]) => releases.map(({ version }) => version);
  const all = async () => versions(await given.store.releases.list(production, { limit: 100 }));

  async function givenReleases(count: number) {
    for (let made = 0; made < count; made += 1) await givenLive(given.store);
  }

  test("releases are listed newest first, page by page", async () => {
    await givenReleases(5);
    await givenLive(given.store, { app: "shop", environment: "feature" });
    expect(versions(await given.store.releases.list(production, { limit: 2 }))).toEqual([5, 4]);
    expect(versions(await given.store.releases.list(production, { limit: 2, after: 4 }))).toEqual([3, 2]);
    expect(versions(await given.store.releases.list(production, { limit: 2, after: 1 }))).toEqual([]);
  });

  test("an app's images are those of all its releases, each once, until they are pruned", async () => {
    await givenLive(given.store, production, makeSnapshot("one", "two"));
    await givenLive(given.store, { app: "shop", environment: "feature" }, makeSnapshot("two", "three"));
    await givenLive(given.store, { app: "notes", environment: "production" }, makeSnapshot("other"));
    const images = async (app: string) => (await given.store.releases.images(app)).sort();
    expect(await images("shop")).toEqual(["one", "three", "two"].map(makeDigest).sort());
    expect(await images("notes")).toEqual([makeDigest("other")]);
    expect(await images("nobody")).toEqual([]);
    await given.store.environments.delete("shop", "feature", ada);
    expect(await images("shop")).toEqual(["one", "two"].map(makeDigest).sort());
  });

  test("those that were live last are told without the live one and those that never were, whatever the clock says", async () => {
    await givenReleases(2);
    await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 3, reason: "no" }, ada);
    given.clock.time -= 60_000;
    await givenReleases(2);
    await givenPending(given.store);
    expect(versions(await given.store.releases.superseded(production, 10))).toEqual([4, 2, 1]);
    expect(versions(await given.store.releases.superseded(production, 2))).toEqual([4, 2]);
  });

  test("releases beyond the newest are pruned, and those that are still needed are not", async () => {
    await givenReleases(6);
    expect(await given.store.releases.prune(production, 3, [2])).toEqual([3, 1]);
    expect(await all()).toEqual([6, 5, 4, 2]);
    expect(await given.store.releases.prune(production, 3, [2])).toEqual([]);
  });

  test("what is live, pending or beside the newest is never pruned", async () => {
    await givenReleases(2);
    for (const version of [3, 4]) {
      await givenPending(given.store);
      await given.store.releases.fail({ ...production, version, reason: "no" }, ada);
    }
    await givenPending(given.store);
    expect(await given.store.releases.prune(production, 1, [])).toEqual([4, 3, 1]);
    expect(await all()).toEqual([5, 2]);
    expect(await given.store.releases.prune(production, 0, [])).toEqual([]);
  });

  test("a pruned version is never given out again", async () => {
    await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 1, reason: "no" }, ada);
    await given.store.releases.prune(production, 0, []);
    expect(await all()).toEqual([]);
    await given.reopen();
    expect((await givenPending(given.store)).release.version).toBe(2);
  });

  test("pruning touches no other environment", async () => {
    const preview = { app: "shop", environment: "feature" };
    await givenLive(given.store, preview);
    await givenLive(given.store, preview);
    await givenReleases(2);
    await given.store.releases.prune(production, 1, []);
    expect(versions(await given.store.releases.list(preview, { limit: 10 }))).toEqual([2, 1]);
  });

  test("a pruned release lets go of its images", async () => {
    await givenEnvironment(given.store);
    await given.store.artifacts.put(makeArtifact("old", "old-key", 1));
    await givenLive(given.store, production, makeSnapshot("old"));
    await givenLive(given.store, production, makeSnapshot("new"));
    expect(await given.store.artifacts.listUnreferenced(100)).toEqual([]);
    await given.store.releases.prune(production, 1, []);
    expect((await given.store.artifacts.listUnreferenced(100)).map(({ digest }) => digest)).toEqual([
      makeDigest("old"),
    ]);
  });
}
