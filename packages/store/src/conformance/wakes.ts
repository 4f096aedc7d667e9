import { keptWakes, type Wake } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

function makeWake(number: number, more: Partial<Wake> = {}): Wake {
  return {
    ...production,
    id: `wk_${String(number).padStart(6, "0")}`,
    service: "web",
    workload: "w1",
    cause: { kind: "request", by: "curl" },
    startedAt: number,
    endedAt: number + 20,
    state: "succeeded",
    reason: null,
    phases: [{ phase: "start", durationMs: 20 }],
    current: null,
    ...more,
  };
}

export function testWakes(given: Given): void {
  const web = { ...production, service: "web" };

  test("are kept by service, newest first, in pages", async () => {
    await givenEnvironment(given.store);
    const failed = makeWake(2, { state: "failed", reason: "It exited.", cause: { kind: "person", by: "ada" } });
    for (const wake of [makeWake(1), failed, makeWake(3), makeWake(4, { service: "api" })])
      await given.store.wakes.add(wake);
    await given.reopen();
    const { wakes } = given.store;
    expect(await wakes.list(web, { limit: 2 })).toEqual([makeWake(3), failed]);
    expect(await wakes.list(web, { limit: 2, after: failed.id })).toEqual([makeWake(1)]);
    expect(await wakes.get(production, failed.id)).toEqual(failed);
    expect(await wakes.get(production, "wk_none")).toBeNull();
  });

  test("are kept so many of each service, the newest", async () => {
    await givenEnvironment(given.store);
    await given.store.wakes.add(makeWake(1, { id: "wk_000000a", service: "api" }));
    for (let number = 1; number <= keptWakes + 5; number++) await given.store.wakes.add(makeWake(number));
    const kept = await given.store.wakes.list(web, { limit: 1_000 });
    expect(kept.map(({ startedAt }) => startedAt)).toEqual(
      Array.from({ length: keptWakes }, (_, at) => keptWakes + 5 - at),
    );
    expect(await given.store.wakes.list({ ...production, service: "api" }, { limit: 10 })).toHaveLength(1);
  });

  test("go with their environment, and are of none that is not there", async () => {
    await givenEnvironment(given.store);
    await given.store.wakes.add(makeWake(1));
    await given.store.environments.delete("shop", "production", ada);
    await given.store.wakes.add(makeWake(2));
    expect(await given.store.wakes.list(web, { limit: 10 })).toEqual([]);
  });
}
