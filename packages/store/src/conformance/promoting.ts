import { expect, test } from "vitest";
import { ada, givenEnvironment, givenLive, givenPending, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testPromoting(given: Given): void {
  const ref = { branch: "main", commit: "c".repeat(40) };

  test("live moves, the one before is superseded and the pending ref is set, in one step", async () => {
    await givenLive(given.store);
    const { release, environment } = await givenPending(given.store);
    given.clock.time += 5;
    const promoted = await given.store.releases.promote({ ...production, version: 2, ref }, environment.revision, ada);
    expect(promoted).toEqual({
      release: { ...release, state: "live", liveAt: given.clock.time },
      environment: { ...environment, live: 2, desired: 2, revision: environment.revision + 1, pendingRef: ref },
    });
    await given.reopen();
    expect(await given.store.releases.get(production, 2)).toEqual(promoted.release);
    expect(await given.store.environments.get("shop", "production")).toEqual(promoted.environment);
    expect(await given.store.releases.get(production, 1)).toMatchObject({
      state: "superseded",
      supersededAt: given.clock.time,
    });
  });

  test("its operation goes on", async () => {
    const { release } = await givenLive(given.store);
    expect((await given.store.operations.get(release.operation))?.state).toBe("running");
  });

  test("a ref that git has not followed yet stays pending when a release without one goes live", async () => {
    const { environment } = await givenPending(given.store);
    await given.store.releases.promote({ ...production, version: 1, ref }, environment.revision, ada);
    expect((await givenLive(given.store)).environment.pendingRef).toEqual(ref);
  });

  test("a ref that goes away has no commit", async () => {
    const { environment } = await givenPending(given.store);
    const gone = { branch: "main", commit: null };
    await given.store.releases.promote({ ...production, version: 1, ref: gone }, environment.revision, ada);
    expect((await given.store.environments.listPendingRefs())[0]?.pendingRef).toEqual(gone);
  });

  test("of two that have seen the same revision, one moves live", async () => {
    const { environment } = await givenPending(given.store);
    const promote = () => given.store.releases.promote({ ...production, version: 1, ref }, environment.revision, ada);
    const results = await Promise.allSettled([promote(), promote()]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(results[1]).toMatchObject({ reason: { code: "conflict" } });
  });

  test("an environment that has changed since is left as it is", async () => {
    const { environment: seen } = await givenPending(given.store);
    const { environment } = await givenPending(given.store);
    const stale = given.store.releases.promote({ ...production, version: 1, ref }, seen.revision, ada);
    await expect(stale).rejects.toMatchObject({ code: "conflict" });
    expect(await given.store.environments.get("shop", "production")).toEqual(environment);
    expect((await given.store.releases.get(production, 1))?.state).toBe("pending");
  });

  test("only the pending release that is desired goes live", async () => {
    const promote = (version: number, revision: number) =>
      given.store.releases.promote({ ...production, version, ref }, revision, ada);
    await expect(promote(1, 0)).rejects.toMatchObject({ code: "environment.not-found" });
    const { revision } = await givenEnvironment(given.store);
    await expect(promote(1, revision)).rejects.toMatchObject({ code: "release.not-found" });
    await givenPending(given.store);
    await given.store.releases.fail({ ...production, version: 1, reason: "no" }, ada);
    await givenPending(given.store);
    const { environment } = await givenPending(given.store);
    await expect(promote(1, environment.revision)).rejects.toMatchObject({ code: "conflict" });
    await expect(promote(2, environment.revision)).rejects.toMatchObject({ code: "conflict" });
    await promote(3, environment.revision);
  });
}
