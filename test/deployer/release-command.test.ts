import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationEvent, ReleaseCommand } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

const migrate: ReleaseCommand = {
  command: { argv: ["node", "migrate.js"] },
  service: "web",
  timeoutMs: 60_000,
  rollback: "safe",
};

beforeEach(async () => {
  yard = await makeYard();
  yard.setRelease(migrate);
});
afterEach(() => yard.close());

const told = ({ phase, service, kind, text }: OperationEvent) => `${phase} ${service ?? "-"} ${kind} ${text}`;
const timeline = async (id: string) => (await yard.store.operations.events(id, 0)).map(told);
const releaseLines = async (id: string) => (await timeline(id)).filter((line) => /^(release|run) /.test(line));

describe("a release command", () => {
  it("runs before anything of its release does, with its output in the timeline, and is gone afterwards", async () => {
    yard.runtime.taskFate = "running";
    const { id, done } = await yard.begin({ web: { image: "one" } });
    await yard.until("it runs", () => yard.runtime.tasks().join() === "web: running");
    expect(yard.runtime.known()).toEqual([]);
    expect(await yard.pointers()).toEqual({ live: null, desired: 1 });
    yard.runtime.endTasks(0);
    expect(await done).toMatchObject({ state: "succeeded", version: 1 });
    expect(yard.runtime.ran).toEqual([id]);
    expect(await releaseLines(id)).toEqual([
      "release - line v1",
      "release web start node migrate.js",
      "run web line the last line",
      "release web end exit code 0",
    ]);
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
  });

  it("that fails leaves live what is, and tells its code and its last lines", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = 7;
    const failed = await yard.deploy({ web: { image: "two" } });
    expect(failed).toMatchObject({
      state: "failed",
      error: {
        code: "release.command-failed",
        message: "The release command failed: it exited with code 7: node migrate.js",
        lines: ["the last line"],
        exitCode: 7,
      },
    });
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
    expect(await yard.store.releases.get(production, 2)).toMatchObject({ state: "failed" });
    expect((await releaseLines(failed.id)).at(-1)).toBe("release web end exited with code 7");
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
    // A push again is a deploy again.
    yard.runtime.taskFate = 0;
    expect(await yard.deploy({ web: { image: "two" } })).toMatchObject({ state: "succeeded", version: 3 });
    expect(yard.runtime.ran).toHaveLength(3);
  });

  it("is ended where it takes longer than it may", async () => {
    yard.runtime.taskFate = "running";
    const { done } = await yard.begin({ web: { image: "one" } });
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    yard.clock.advance(60_000);
    const { error } = await done;
    expect(error?.message).toBe("The release command failed: it had not ended after 60 s: node migrate.js");
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
    expect(await yard.pointers()).toEqual({ live: null, desired: null });
  });

  it("runs once a deploy: not in a rollback, nor for another scale, nor for what is live already", async () => {
    await yard.deploy({ web: { image: "one" } });
    await yard.deploy({ web: { image: "two" } });
    expect(yard.runtime.ran).toHaveLength(2);
    const same = await yard.deploy({ web: { image: "two" } });
    expect(same).toMatchObject({ state: "succeeded", version: 3 });
    expect(await releaseLines(same.id)).toContain(
      "release - line is what is live already: its release command is not run",
    );
    const back = await yard.rollback(1);
    expect(back).toMatchObject({ state: "succeeded", version: 4 });
    expect(await releaseLines(back.id)).toContain("release - line a rollback does not run the release command");
    const scaled = await yard
      .deployer()
      .scale({ ...production, reset: false, services: { web: { min: 2, max: 2 } } }, ada);
    expect(await scaled.done).toMatchObject({ state: "succeeded", version: 5 });
    expect(yard.runtime.ran).toHaveLength(2);
    expect((await yard.store.releases.get(production, 5))?.snapshot.release).toEqual(migrate);
    // What was rolled back is another content, so it is deployed anew.
    await yard.deploy({ web: { image: "two" } });
    expect(yard.runtime.ran).toHaveLength(3);
    // And so is another command.
    yard.setRelease({ ...migrate, command: { argv: ["node", "other.js"] } });
    await yard.deploy({ web: { image: "two" } });
    expect(yard.runtime.ran).toHaveLength(4);
  });

  it("runs one after the other where two people deploy at the same time", async () => {
    yard.runtime.taskFate = "running";
    const first = await yard.begin({ web: { image: "one" } });
    await yard.until("the first runs", () => yard.runtime.ran.length === 1);
    const second = await yard.begin({ web: { image: "two" } }, "production", { person: "grace", role: "deployer" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(yard.runtime.ran).toEqual([first.id]);
    yard.runtime.endTasks(0);
    expect(await first.done).toMatchObject({ state: "succeeded" });
    await yard.until("the second runs", () => yard.runtime.ran.length === 2);
    yard.runtime.endTasks(0);
    expect(await second.done).toMatchObject({ state: "succeeded", version: 2 });
  });

  it("ends with the deploy that somebody ends", async () => {
    yard.runtime.taskFate = "running";
    const { id, done } = await yard.begin({ web: { image: "one" } });
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await yard.deployer().cancel(id, ada);
    expect(await done).toMatchObject({
      state: "failed",
      error: { code: "operation.cancelled", message: "ada has ended it." },
    });
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
    expect(await yard.pointers()).toEqual({ live: null, desired: null });
    await expect(yard.deployer().cancel(id, ada)).rejects.toMatchObject({ code: "conflict" });
    await expect(yard.deployer().cancel("op_none", ada)).rejects.toMatchObject({ code: "operation.not-found" });
    expect(await yard.store.audit.list({}, { limit: 50 })).toContainEqual(
      expect.objectContaining({ action: "operation.cancel", person: "ada", detail: id }),
    );
  });

  it("that somebody else has removed fails the release, and is not run again", async () => {
    yard.runtime.taskFate = "running";
    const { done } = await yard.begin({ web: { image: "one" } });
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    yard.runtime.loseTasks();
    expect((await done).error?.message).toMatch(/nobody knows whether it has run, or how it ended/);
    expect(yard.runtime.ran).toHaveLength(1);
  });

  it("that the runtime refuses fails the release", async () => {
    yard.faults.at("runtime.run", "before", { throws: new Error("it does not want to") });
    expect(await yard.deploy({ web: { image: "one" } })).toMatchObject({
      state: "failed",
      error: { message: "it does not want to" },
    });
  });
});

describe("a server that is killed", () => {
  const killed = async (method: string, when: "before" | "after") => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.ran.length = 0;
    yard.runtime.taskFate = "running";
    yard.faults.at(method, when, "hangs");
    const { id } = await yard.begin({ web: { image: "two" } });
    await yard.faults.struck();
    await yard.crash();
    return id;
  };
  const deploysAgain = async () => {
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
    yard.runtime.taskFate = 0;
    const before = yard.runtime.ran.length;
    expect(await yard.deploy({ web: { image: "three" } })).toMatchObject({ state: "succeeded", version: 3 });
    expect(yard.runtime.ran).toHaveLength(before + 1);
  };

  it.each([
    ["releases.create", "after"],
    ["runtime.run", "before"],
  ] as const)("in %s, %s it is done, gives up the deploy without running its command", async (method, when) => {
    const id = await killed(method, when);
    await yard.until("it is given up", async () => (await yard.store.operations.get(id))?.state === "failed");
    expect((await yard.store.operations.get(id))?.error?.message).toMatch(/nobody knows whether it has run/);
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
    expect(yard.runtime.ran).toEqual([]);
    await deploysAgain();
  });

  it("while the command runs waits for it when it is back, and makes its release live", async () => {
    const id = await killed("runtime.run", "after");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await yard.store.operations.get(id)).toMatchObject({ state: "running" });
    yard.runtime.endTasks(0);
    await yard.until("it is live", async () => (await yard.pointers()).live === 2);
    await yard.until("it has ended", async () => (await yard.store.operations.get(id))?.state === "succeeded");
    expect(yard.refs.get("main")).toBe("2".padStart(40, "0"));
    const lines = await releaseLines(id);
    expect(lines.filter((line) => line === "run web line the last line")).toHaveLength(1);
    expect(lines.at(-1)).toBe("release web end exit code 0");
    expect(yard.runtime.ran).toEqual([id]);
    await deploysAgain();
  });

  it("after the command has failed ends the deploy with its code when it is back", async () => {
    yard.runtime.taskFate = "running";
    yard.faults.at("runtime.run", "after", "hangs");
    const { id } = await yard.begin({ web: { image: "one" } });
    await yard.faults.struck();
    yard.runtime.endTasks(3);
    await yard.crash();
    await yard.until("it has failed", async () => (await yard.store.operations.get(id))?.state === "failed");
    expect(await yard.store.operations.get(id)).toMatchObject({
      error: { code: "release.command-failed", exitCode: 3, lines: ["the last line"] },
    });
  });

  it("after the command has succeeded makes its release live when it is back, without running it again", async () => {
    yard.faults.at("releases.promote", "before", "hangs");
    const { id } = await yard.begin({ web: { image: "one" } });
    await yard.faults.struck();
    await yard.crash();
    await yard.until("it is live", async () => (await yard.pointers()).live === 1);
    expect(yard.runtime.ran).toEqual([id]);
  });
});

it("leaves a command that runs to the next start where Berth is stopped", async () => {
  yard.runtime.taskFate = "running";
  const { id, done } = await yard.begin({ web: { image: "one" } });
  await yard.until("it runs", () => yard.runtime.tasks().length === 1);
  await yard.deployer().stop();
  expect(await done).toMatchObject({ state: "failed", error: { code: "interrupted" } });
  expect(await yard.store.operations.get(id)).toMatchObject({ state: "running" });
  expect(yard.runtime.tasks()).toEqual(["web: running"]);
  await yard.crash();
  yard.runtime.endTasks(0);
  await yard.until("it is live", async () => (await yard.pointers()).live === 1);
  await yard.until("it has ended", async () => (await yard.store.operations.get(id))?.state === "succeeded");
});
