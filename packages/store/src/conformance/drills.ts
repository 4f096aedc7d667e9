import { type Drill, keptDrills } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

function makeDrill(number: number, more: Partial<Drill> = {}): Drill {
  const answer = { status: 200, durationMs: 3, bytes: 12, failure: null };
  return {
    ...production,
    operation: `op_${String(number).padStart(6, "0")}`,
    version: 1,
    live: 3,
    at: number,
    by: "ada",
    outcome: "passed",
    services: [{ service: "web", state: "started", readyMs: 210, reason: null }],
    probes: [{ service: "web", path: "/", drilled: answer, live: null, isWorse: false }],
    ...more,
  };
}

export function testDrills(given: Given): void {
  test("are kept as they were, the newest of a release found first, with who in the audit", async () => {
    await givenEnvironment(given.store);
    const failed = makeDrill(3, { outcome: "failed", live: null });
    for (const drill of [makeDrill(1), failed, makeDrill(4, { version: 2 })]) await given.store.drills.add(drill, ada);
    await given.reopen();
    const { drills, audit } = given.store;
    expect(await drills.get(production, failed.operation)).toEqual(failed);
    expect(await drills.get(production, "op_none")).toBeNull();
    expect(await drills.latest(production, 1)).toEqual(failed);
    expect(await drills.latest(production, 7)).toBeNull();
    expect(await audit.list({}, { limit: 10 })).toContainEqual(
      expect.objectContaining({ action: "rollback.drill", person: "ada", detail: "v1: failed, 1 of 1 probe" }),
    );
  });

  test("are kept so many of each environment, the newest", async () => {
    await givenEnvironment(given.store);
    for (let number = 1; number <= keptDrills + 1; number++) await given.store.drills.add(makeDrill(number), ada);
    expect(await given.store.drills.get(production, makeDrill(1).operation)).toBeNull();
    expect(await given.store.drills.get(production, makeDrill(2).operation)).toEqual(makeDrill(2));
  });

  test("go with their environment, and are of none that is not there", async () => {
    await givenEnvironment(given.store);
    await given.store.drills.add(makeDrill(1), ada);
    await given.store.environments.delete("shop", "production", ada);
    await given.store.drills.add(makeDrill(2), ada);
    expect(await given.store.drills.latest(production, 1)).toBeNull();
  });
}
