import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationEvent, ReleaseCommand } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

/** A release command of version `n`, with what takes it back. */
const migration = (n: number): ReleaseCommand => ({
  command: { argv: ["migrate", `up${n}`] },
  undo: { argv: ["migrate", `down${n}`] },
  service: "web",
  timeoutMs: 60_000,
});

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

/** Three releases; the last two have run a release command. */
async function deployThree(...commands: ReleaseCommand[]) {
  await yard.deploy({ web: { image: "one" } });
  for (const [at, command] of commands.entries()) {
    yard.setRelease(command);
    await yard.deploy({ web: { image: ["two", "three"][at]! } });
  }
  yard.runtime.ranCommands.length = 0;
}

const ran = () => yard.runtime.ranCommands.map(({ text }) => text);
const check = (version: number, undo = true) => yard.deployer().checkRollback({ ...production, version, undo });
const told = ({ service, kind, text }: OperationEvent) => `${service ?? "-"} ${kind} ${text}`;
const releaseLines = async (id: string) =>
  (await yard.store.operations.events(id, 0)).filter(({ phase }) => phase === "release").map(told);
const imagesOf = async (version: number) =>
  (await yard.store.releases.get(production, version))?.snapshot.services.map(({ image }) => image);

describe("a rollback across release commands", () => {
  it("is refused where one has no undo, and says what to type; force goes back and is in the audit", async () => {
    await deployThree({ ...migration(2), undo: undefined });
    await expect(yard.rollback(1)).rejects.toMatchObject({
      code: "release.rollback-blocked",
      hint: "If v1 works with what it did: berth rollback v1 --app shop --force",
    });
    expect(await check(1)).toMatchObject({ outcome: "blocked", canForce: true, findings: [{ kind: "command" }] });
    expect(await yard.pointers()).toEqual({ live: 2, desired: 2 });
    expect(await yard.rollback(1, { force: true })).toMatchObject({ state: "succeeded", version: 3 });
    expect(ran()).toEqual([]);
    expect(await yard.store.audit.list({}, { limit: 50 })).toContainEqual(
      expect.objectContaining({ action: "rollback.force", person: "ada", detail: "v1: command v2" }),
    );
    // It is live again with what the command did, and v2 finds that done.
    expect(await check(2)).toMatchObject({ outcome: "safe" });
  });

  it("first runs their undo commands, newest first, each on the image of its own release", async () => {
    await deployThree(migration(2), migration(3));
    expect(await check(1)).toMatchObject({ outcome: "safe", undoes: [3, 2] });
    const back = await yard.rollback(1);
    expect(back).toMatchObject({ state: "succeeded", version: 4 });
    expect(yard.runtime.ranCommands).toEqual([
      { text: "migrate down3", image: (await imagesOf(3))![0] },
      { text: "migrate down2", image: (await imagesOf(2))![0] },
    ]);
    expect(await releaseLines(back.id)).toEqual([
      "- line v4 carries v1 forward",
      "web start undo of v3: migrate down3",
      "web end exit code 0",
      "web start undo of v2: migrate down2",
      "web end exit code 0",
    ]);
    await yard.until("they are gone", () => yard.runtime.tasks().length === 0);
    // What is taken back is not done again by a rollback.
    expect(await check(3)).toMatchObject({
      outcome: "blocked",
      findings: [
        { kind: "command-undone", version: 3 },
        { kind: "command-undone", version: 2 },
      ],
    });
  });

  it("runs the same undo command once for each release that has it", async () => {
    const same = { ...migration(2), command: { argv: ["migrate", "up"] }, undo: { argv: ["migrate", "down"] } };
    await yard.deploy({ web: { image: "one" } });
    yard.setRelease(same);
    await yard.deploy({ web: { image: "two" } });
    await yard.deploy({ web: { image: "two", env: { LEVEL: "debug" } } });
    yard.runtime.ranCommands.length = 0;
    expect(await yard.rollback(1)).toMatchObject({ state: "succeeded" });
    expect(ran()).toEqual(["migrate down", "migrate down"]);
  });

  it("leaves live what is where one fails, and does not run again what has succeeded", async () => {
    await deployThree(migration(2), migration(3));
    yard.runtime.commandFates.set("migrate down2", 7);
    const failed = await yard.rollback(1);
    expect(failed).toMatchObject({
      state: "failed",
      error: {
        code: "release.command-failed",
        message: "The command that undoes v2 failed: it exited with code 7: migrate down2",
        hint: expect.stringMatching(/berth rollback v1 --app shop --no-undo$/),
      },
    });
    expect(await yard.pointers()).toEqual({ live: 3, desired: 3 });
    yard.runtime.commandFates.clear();
    expect(await check(1)).toMatchObject({ undoes: [2] });
    expect(await yard.rollback(1)).toMatchObject({ state: "succeeded" });
    expect(ran()).toEqual(["migrate down3", "migrate down2", "migrate down2"]);
  });

  it("goes back without them on request", async () => {
    await deployThree(migration(2), migration(3));
    expect(await yard.rollback(1, { undo: false })).toMatchObject({ state: "succeeded" });
    expect(ran()).toEqual([]);
  });

  it("does not run them again where the content is carried on as another scale", async () => {
    await deployThree(migration(2));
    await yard.rollback(1);
    const scaled = await yard
      .deployer()
      .scale({ ...production, reset: false, services: { web: { min: 2, max: 2 } } }, ada);
    expect(await scaled.done).toMatchObject({ state: "succeeded" });
    expect(ran()).toEqual(["migrate down2"]);
  });

  it("is refused where the image is gone, whatever is forced", async () => {
    await deployThree();
    await yard.deploy({ web: { image: "two" } });
    for (const image of (await imagesOf(1))!) yard.images.delete(image);
    expect(await check(1)).toMatchObject({ outcome: "blocked", canForce: false, findings: [{ kind: "image-gone" }] });
    await expect(yard.rollback(1, { force: true })).rejects.toMatchObject({ code: "release.not-restorable" });
  });
});

describe("a server that is killed while undo commands run", () => {
  it("waits for the one that runs, runs those behind it, and makes the rollback live when it is back", async () => {
    await deployThree(migration(2), migration(3));
    yard.runtime.commandFates.set("migrate down3", "running");
    const { operation } = await yard.deployer().rollback({ ...production, version: 1 }, ada);
    await yard.until("the first runs", () => yard.runtime.tasks().join() === "web: running");
    await yard.crash();
    yard.runtime.endTasks(0);
    await yard.until(
      "it has ended",
      async () => (await yard.store.operations.get(operation.id))?.state === "succeeded",
    );
    expect(ran()).toEqual(["migrate down3", "migrate down2"]);
    expect(await yard.pointers()).toEqual({ live: 4, desired: 4 });
    const lines = await releaseLines(operation.id);
    expect(lines.filter((line) => line.startsWith("web start"))).toHaveLength(2);
    expect(lines.filter((line) => line === "web end exit code 0")).toHaveLength(2);
  });

  it("does not run one on a guess", async () => {
    await deployThree(migration(2), migration(3));
    yard.runtime.commandFates.set("migrate down3", "running");
    const { operation } = await yard.deployer().rollback({ ...production, version: 1 }, ada);
    await yard.until("the first runs", () => yard.runtime.tasks().length === 1);
    await yard.crash();
    yard.runtime.loseTasks();
    await yard.until("it has failed", async () => (await yard.store.operations.get(operation.id))?.state === "failed");
    expect(ran()).toEqual(["migrate down3"]);
    expect(await yard.pointers()).toEqual({ live: 3, desired: 3 });
  });
});
