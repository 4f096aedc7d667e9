import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CronRun } from "../../packages/core/src/index.ts";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness } from "./harness.ts";

describe("services with a schedule", () => {
  let harness: Harness;
  const crons = "/apps/shop/environments/production/crons";

  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterEach(() => harness.close());

  it("are listed with when they are due", async () => {
    const token = harness.tokens.viewer;
    expect(await ask(harness, "GET", crons, { token })).toMatchObject({
      status: 200,
      body: { items: [{ service: "nightly", schedule: "0 3 * * *", paused: null }] },
    });
  });

  it("have a history, in pages", async () => {
    for (const number of [1, 2, 3]) await harness.store.crons.add(makeRun(number));
    const first = await ask(harness, "GET", `${crons}/nightly/runs?limit=2`);
    expect(first.body).toMatchObject({ items: [{ id: "cr-3" }, { id: "cr-2" }], next: "cr-2" });
    const second = await ask(harness, "GET", `${crons}/nightly/runs?limit=2&after=cr-2`);
    expect(second.body).toEqual({ items: [makeRun(1)], next: null });
  });

  it("run where somebody asks for it", async () => {
    expect(await ask(harness, "POST", `${crons}/nightly/runs`)).toMatchObject({ status: 202, body: { kind: "run" } });
    expect(harness.deployments.asked).toMatchObject([{ what: "run", request: { service: "nightly" } }]);
    const token = harness.tokens.viewer;
    expect((await ask(harness, "POST", `${crons}/nightly/runs`, { token })).status).toBe(403);
  });

  it("are ended where somebody asks for it", async () => {
    expect(await ask(harness, "DELETE", `${crons}/nightly/running`)).toMatchObject({
      status: 200,
      body: { items: [] },
    });
    expect(harness.deployments.asked).toMatchObject([{ what: "cancelCron", request: { service: "nightly" } }]);
    const token = harness.tokens.viewer;
    expect((await ask(harness, "DELETE", `${crons}/nightly/running`, { token })).status).toBe(403);
  });

  it("are paused, and let go on", async () => {
    expect(await ask(harness, "PUT", `${crons}/nightly/paused`)).toMatchObject({
      status: 200,
      body: { paused: { by: "owner" } },
    });
    expect(await ask(harness, "DELETE", `${crons}/nightly/paused`)).toMatchObject({ body: { paused: null } });
    expect(harness.deployments.asked).toMatchObject([{ what: "pauseCron" }, { what: "resumeCron" }]);
  });
});

function makeRun(number: number): CronRun {
  return {
    app: "shop",
    environment: "production",
    id: `cr-${number}`,
    service: "nightly",
    state: "failed",
    dueAt: number,
    count: 1,
    cause: { kind: "schedule" },
    version: 1,
    task: { id: "a", run: `cr-${number}`, timeoutMs: 1 },
    startedAt: number,
    endedAt: number + 1,
    exitCode: 1,
    reason: "it exited with code 1",
    lines: ["no"],
  };
}
