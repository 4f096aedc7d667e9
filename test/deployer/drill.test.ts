import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DrillRequest, Operation, OperationEvent } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

/** Past the time for which releases stay warm. */
const coldMs = 11 * 60_000;

/** Two releases, of which the first runs no more. */
async function deployTwo() {
  await yard.deploy({ web: { image: "one" }, worker: { image: "one" } });
  await yard.deploy({ web: { image: "two" }, worker: { image: "two" } });
  yard.clock.advance(coldMs);
  await yard.until("v1 is cold", () => running().length === 2);
}

const running = () => yard.runtime.running();
const begin = async (more: Partial<DrillRequest> = {}) =>
  await yard.deployer().drill({ ...production, version: 1, paths: [], workers: false, ...more }, ada);
const drill = async (more: Partial<DrillRequest> = {}): Promise<Operation> => await (await begin(more)).done;
const resultOf = ({ id }: Operation) => yard.store.drills.get(production, id);
const isAsBefore = () => yard.until("only what is live runs", () => running().length === 2);
const told = ({ phase, service, text }: OperationEvent) => `${phase} ${service ?? "-"} ${text}`;
const lines = async ({ id }: Operation) => (await yard.store.operations.events(id, 0)).map(told);

describe("a drill", () => {
  it("runs what takes requests beside what is live, asks both, and lets it go", async () => {
    await deployTwo();
    yard.answers.set("one /login", { status: 302 });
    yard.runtime.fates.set("web", "starting");
    const { operation, done } = await begin({ paths: ["/login"] });
    await yard.until("it starts", () => running().length === 3);
    expect(running()).toEqual(["web: 1", "web: 1", "worker: 1"]);
    const table = yard.table();
    yard.runtime.turn("web", "ready");
    const ended = await done;
    expect(ended).toMatchObject({ kind: "drill", state: "succeeded", version: null, url: null });
    await isAsBefore();
    expect(await resultOf(ended)).toMatchObject({
      version: 1,
      live: 2,
      by: "ada",
      outcome: "passed",
      services: [
        { service: "web", state: "started", readyMs: expect.any(Number) },
        { service: "worker", state: "left-out" },
      ],
      probes: [
        { service: "web", path: "/", drilled: { status: 200 }, live: { status: 200 }, isWorse: false },
        { service: "web", path: "/login", drilled: { status: 302 }, live: { status: 200 }, isWorse: false },
      ],
    });
    expect(await lines(operation)).toContainEqual(
      "health web GET /login: 302, 2 B, 1 ms; v2: 200, 2 B, 1 ms (differs)",
    );
    expect(await yard.pointers()).toEqual({ live: 2, desired: 2 });
    // No table has ever named it.
    expect([...table.hosts.keys()]).toEqual([...yard.table().hosts.keys()]);
    expect([...table.workloads.values()].map(({ release }) => release)).toEqual([2]);
  });

  it("is told by the check, and kept in the audit", async () => {
    await deployTwo();
    const check = async () => (await yard.deployer().checkRollback({ ...production, version: 1 })).drill;
    expect(await check()).toBeNull();
    const { id } = await drill();
    expect(await check()).toMatchObject({ operation: id, by: "ada", outcome: "passed", probes: 1, probesPassed: 1 });
    expect(await yard.store.audit.list({}, { limit: 50 })).toContainEqual(
      expect.objectContaining({ action: "rollback.drill", person: "ada", detail: "v1: passed, 1 of 1 probe" }),
    );
  });

  it("starts nothing that runs already, and leaves it running where it is warm", async () => {
    await yard.deploy({ web: { image: "one" } });
    await yard.deploy({ web: { image: "two" } });
    const before = running();
    const ended = await drill();
    expect(await resultOf(ended)).toMatchObject({ services: [{ service: "web", state: "running", readyMs: null }] });
    await yard.until("it is let go", () => running().length === before.length);
    yard.clock.advance(1_000);
    expect(running()).toEqual(before);
  });

  it("fails where an answer is worse, and says which", async () => {
    await deployTwo();
    yard.answers.set("one /login", { status: 500 });
    const ended = await drill({ paths: ["/login"] });
    expect(ended).toMatchObject({
      state: "failed",
      error: {
        code: "drill.failed",
        message: "v1 has failed its drill: it answers worse than what is live.",
        lines: ["GET /login: 500, 2 B, 1 ms; v2: 200, 2 B, 1 ms (worse)"],
      },
    });
    expect(await resultOf(ended)).toMatchObject({ outcome: "failed" });
    await isAsBefore();
  });

  it("fails where a service does not come up, with its last lines", async () => {
    await deployTwo();
    yard.runtime.fates.set("web", "starting");
    const { operation, done } = await begin();
    const isOver = async () => (await yard.store.operations.get(operation.id))?.state !== "running";
    await yard.until("its time is over", isOver);
    const ended = await done;
    await isAsBefore();
    expect(ended).toMatchObject({
      state: "failed",
      error: {
        message: "v1 has failed its drill: web did not come up: it is told to be so.",
        lines: ["the last line"],
      },
    });
    expect(await resultOf(ended)).toMatchObject({
      services: [{ state: "failed", reason: "it is told to be so" }, { state: "left-out" }],
      probes: [{ drilled: { status: null, failure: "it has no instance that is ready" }, isWorse: true }],
    });
  });

  it("starts workers where that is asked for", async () => {
    await deployTwo();
    const { done } = await begin({ workers: true });
    const ended = await done;
    expect(await resultOf(ended)).toMatchObject({
      services: [
        { service: "web", state: "started" },
        { service: "worker", state: "started" },
      ],
    });
    await isAsBefore();
  });

  it("wakes what is live and sleeps, to compare with", async () => {
    const web = { scale: { min: 0, max: 1, idleMs: 60_000 } };
    await yard.deploy({ web: { image: "one", ...web } });
    await yard.deploy({ web: { image: "two", ...web } });
    yard.clock.advance(coldMs);
    await yard.until("all sleeps", () => running().length === 0);
    const ended = await drill();
    expect(await resultOf(ended)).toMatchObject({ probes: [{ drilled: { status: 200 }, live: { status: 200 } }] });
    expect(await lines(ended)).toContain("health web what is live sleeps, and is woken");
  });

  it("is let go when somebody ends it, and keeps no result", async () => {
    await deployTwo();
    yard.runtime.fates.set("web", "starting");
    const { operation, done } = await begin();
    await yard.until("it starts", () => running().length === 3);
    await expect((await begin()).done).resolves.toMatchObject({
      error: { code: "conflict", message: "v1 is being drilled already." },
    });
    await yard.deployer().cancel(operation.id, ada);
    expect(await done).toMatchObject({ state: "failed", error: { code: "operation.cancelled" } });
    await isAsBefore();
    expect(await resultOf(operation)).toBeNull();
  });

  it("leaves nothing behind where the server is killed meanwhile", async () => {
    await deployTwo();
    yard.runtime.fates.set("web", "starting");
    const { operation } = await begin();
    await yard.until("it starts", () => running().length === 3);
    await yard.crash();
    await isAsBefore();
    expect(await yard.store.operations.get(operation.id)).toMatchObject({
      state: "failed",
      error: { code: "superseded", hint: "Ask for it again." },
    });
    yard.runtime.fates.clear();
    expect(await drill()).toMatchObject({ state: "succeeded" });
  });

  it("ends where its environment is removed", async () => {
    await deployTwo();
    yard.runtime.fates.set("web", "starting");
    const { done } = await begin();
    await yard.until("it starts", () => running().length === 3);
    const removal = await yard.deployer().removeEnvironment(production, ada);
    expect(await done).toMatchObject({ state: "failed", error: { code: "conflict" } });
    expect(await removal.done).toMatchObject({ state: "succeeded" });
    expect(running()).toEqual([]);
  });

  it("is refused where an image is gone, where there is no room, and where nothing would be started", async () => {
    await deployTwo();
    yard.runtime.quota = () => ({ pods: 2, cpuMillis: 1_000, memoryBytes: 2 ** 40 });
    await expect(begin()).rejects.toMatchObject({
      code: "conflict",
      message: "Beside what is live v1 does not fit into the environment's quota: it would take 3 instances of 2.",
    });
    yard.runtime.quota = () => ({ pods: 3, cpuMillis: 1_000, memoryBytes: 2 ** 40 });
    expect(await drill()).toMatchObject({ state: "succeeded" });
    const [image] = (await yard.store.releases.get(production, 1))!.snapshot.services;
    yard.images.delete(image!.image);
    await expect(begin()).rejects.toMatchObject({ code: "release.not-restorable" });
    await yard.deploy({ worker: { image: "three" } });
    await yard.deploy({ worker: { image: "four" } });
    await expect(begin({ version: 3 })).rejects.toMatchObject({
      code: "input.invalid",
      details: ["worker: it would take work from the live one (--workers starts it all the same)"],
    });
    expect(await yard.pointers()).toEqual({ live: 4, desired: 4 });
  });
});
