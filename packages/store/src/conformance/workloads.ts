import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testWorkloads(given: Given): void {
  const preview = { app: "shop", environment: "feature" };

  test("are recorded by environment, once each, until they are forgotten", async () => {
    await givenEnvironment(given.store);
    await givenEnvironment(given.store, preview);
    const record = given.store.workloads;
    await record.record(production, ["a", "b"]);
    await record.record(production, ["b", "c"]);
    await record.record(preview, ["a"]);
    await record.forget(production, "b");
    await record.forget(production, "none");
    await given.reopen();
    expect((await given.store.workloads.list(production)).toSorted()).toEqual(["a", "c"]);
    expect(await given.store.workloads.list(preview)).toEqual(["a"]);
  });

  test("go with their environment, and are of none that is not there", async () => {
    await givenEnvironment(given.store, preview);
    await given.store.workloads.record(preview, ["a"]);
    await given.store.environments.delete("shop", "feature", ada);
    await given.store.workloads.record(preview, ["b"]);
    expect(await given.store.workloads.list(preview)).toEqual([]);
  });
}
