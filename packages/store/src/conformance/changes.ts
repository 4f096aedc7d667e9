import type { Change } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, givenLive, givenPending, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testChanges(given: Given): void {
  test("what was changed can be read from any number on, also after reopening", async () => {
    expect(await given.store.changes.latest()).toBe(0);
    await givenEnvironment(given.store);
    const before = await given.store.changes.latest();
    await givenLive(given.store);
    await given.reopen();
    const since = await given.store.changes.since(before, 10);
    expect(since.map(({ kind }) => kind)).toEqual(["operation", "release", "release"]);
    expect(since[0]).toMatchObject({ ...production, seq: before + 1, at: given.clock.time });
    expect(await given.store.changes.latest()).toBe(since.at(-1)?.seq);
    expect(await given.store.changes.since(before, 2)).toEqual(since.slice(0, 2));
  });

  test("followers are told after each commit, in order, until they stop", async () => {
    const told: Change[] = [];
    const stop = given.store.changes.follow((change) => told.push(change));
    await givenLive(given.store);
    const { release } = await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: release.version, reason: "no" }, ada);
    expect(told).toEqual(await given.store.changes.since(0, 100));
    const count = told.length;
    stop();
    await given.store.apps.delete("shop", ada);
    expect(told.length).toBe(count);
  });

  test("numbers only go up for a follower, whatever is written at the same time", async () => {
    const told: number[] = [];
    await givenEnvironment(given.store);
    given.store.changes.follow(({ seq }) => told.push(seq));
    const writes = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? given.store.apps.create({ name: `app-${index}`, defaultBranch: null }, ada)
        : given.store.operations.start({ ...production, kind: "rollback" }, ada),
    );
    await Promise.all(writes);
    expect(told.length).toBe(30);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
  });

  test("a follower may write in its turn", async () => {
    const told: string[] = [];
    const writes: Promise<void>[] = [];
    given.store.changes.follow(({ kind }) => {
      told.push(kind);
      if (kind === "app") writes.push(given.store.installation.put("mark", "seen"));
    });
    await givenEnvironment(given.store);
    await Promise.all(writes);
    expect(told).toEqual(["app", "environment"]);
    expect(await given.store.installation.get("mark")).toBe("seen");
  });

  test("what failed is told to nobody", async () => {
    await given.store.apps.create({ name: "shop", defaultBranch: null }, ada);
    const told: Change[] = [];
    given.store.changes.follow((change) => told.push(change));
    await expect(given.store.apps.create({ name: "shop", defaultBranch: null }, ada)).rejects.toThrow("already");
    await expect(given.store.apps.delete("shed", ada)).rejects.toThrow("no app");
    expect(told).toEqual([]);
    expect(await given.store.changes.latest()).toBe(1);
  });
}
