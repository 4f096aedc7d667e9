import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const start = (service: string | null = null, version: number | null = null) =>
  yard.deployer().run({ ...production, service, version, argv: ["node", "report.js"] }, ada);
const ended = (id: string) =>
  yard.until("it has ended", async () => (await yard.store.operations.get(id))?.state !== "running");

describe("a command beside a release", () => {
  it("runs on what is live, and its operation ends with it", async () => {
    await yard.deploy({ web: { image: "one" }, worker: { image: "two" } });
    const { operation, done } = await start();
    expect(await done).toMatchObject({ kind: "run", actor: "ada", state: "succeeded", url: null, error: null });
    const events = await yard.store.operations.events(operation.id, 0);
    expect(events.map(({ phase, service, kind, text }) => [phase, service, kind, text])).toEqual([
      ["run", "web", "start", "node report.js in v1"],
      ["run", "web", "end", "exit code 0"],
    ]);
    const worker = await start("worker");
    await worker.done;
    expect(yard.runtime.tasks()).toContain("worker: ended");
    // What it has printed can be read for a while; then it is gone.
    const lines = await Array.fromAsync(yard.deployer().output(operation.id, new AbortController().signal));
    expect(lines.map(({ text }) => text)).toEqual(["the last line"]);
    yard.clock.advance(30_000);
    await yard.until("they are gone", () => yard.runtime.tasks().length === 0);
    await expect(
      Array.fromAsync(yard.deployer().output(operation.id, new AbortController().signal)),
    ).rejects.toMatchObject({ code: "not-found" });
  });

  it("runs on an earlier release", async () => {
    await yard.deploy({ web: { image: "one" }, worker: { image: "two" } });
    await yard.deploy({ web: { image: "three" } });
    const { operation, done } = await start("worker", 1);
    expect(await done).toMatchObject({ state: "succeeded" });
    const [begun] = await yard.store.operations.events(operation.id, 0);
    expect(begun).toMatchObject({ service: "worker", text: "node report.js in v1" });
    await expect(start(null, 9)).rejects.toMatchObject({ code: "release.not-found" });
    await expect(start("worker", 2)).rejects.toMatchObject({ code: "not-found", message: /^v2 has no service/ });
  });

  it("passes its exit code on", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = 3;
    expect(await (await start()).done).toMatchObject({
      state: "failed",
      error: { code: "run.failed", exitCode: 3, lines: ["the last line"] },
    });
  });

  it("runs beside others and beside a deploy", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = "running";
    const runs = [await start(), await start()];
    await yard.until("both run", () => yard.runtime.tasks().length === 2);
    expect(await yard.deploy({ web: { image: "two" } })).toMatchObject({ state: "succeeded", version: 2 });
    expect(yard.runtime.tasks()).toEqual(["web: running", "web: running"]);
    yard.runtime.endTasks(0);
    for (const { done } of runs) expect(await done).toMatchObject({ state: "succeeded" });
  });

  it("is ended by whoever ends its operation", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = "running";
    const { operation, done } = await start();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await yard.deployer().cancel(operation.id, ada);
    expect(await done).toMatchObject({ state: "failed", error: { code: "operation.cancelled" } });
    expect(yard.runtime.tasks()).toEqual([]);
  });

  it("needs something that is live, and a service that it has", async () => {
    await expect(start()).rejects.toMatchObject({ code: "environment.not-found" });
    yard.runtime.fates.set("web", "starting");
    const { done } = await yard.begin({ web: { image: "one" } });
    await yard.until("it starts", () => yard.runtime.running().length === 1);
    await expect(start()).rejects.toMatchObject({
      code: "release.not-found",
      message: "Nothing is live in production of shop.",
    });
    yard.runtime.turn("web", "ready");
    await done;
    await expect(start("job")).rejects.toMatchObject({ code: "not-found", hint: "It has web." });
  });

  it("fails where somebody else has removed it", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = "running";
    const { operation } = await start();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    yard.runtime.loseTasks();
    await ended(operation.id);
    expect((await yard.store.operations.get(operation.id))?.error?.message).toMatch(
      /^The command is not there any more/,
    );
    expect(yard.runtime.ran).toHaveLength(1);
  });

  it("goes with its environment", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = "running";
    const { operation } = await start();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await (
      await yard.deployer().removeEnvironment(production, ada)
    ).done;
    expect(yard.runtime.tasks()).toEqual([]);
    await ended(operation.id);
  });
});

describe("a server that is killed while a command runs", () => {
  const killed = async (when: "before" | "after") => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = "running";
    yard.faults.at("runtime.run", when, "hangs");
    const { operation } = await start();
    await yard.faults.struck();
    await yard.crash();
    return operation.id;
  };

  it("says that it was not started where it was not", async () => {
    const id = await killed("before");
    await ended(id);
    expect(await yard.store.operations.get(id)).toMatchObject({ state: "failed", error: { code: "superseded" } });
    expect(yard.runtime.ran).toEqual([]);
  });

  it("waits for it when it is back, with its output and its code", async () => {
    const id = await killed("after");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(yard.runtime.tasks()).toEqual(["web: running"]);
    yard.runtime.endTasks(4);
    await ended(id);
    expect(await yard.store.operations.get(id)).toMatchObject({ error: { exitCode: 4 } });
    const lines = await Array.fromAsync(yard.deployer().output(id, new AbortController().signal));
    expect(lines.map(({ text }) => text)).toEqual(["the last line"]);
    expect(yard.runtime.ran).toEqual([id]);
    yard.clock.advance(30_000);
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
  });

  it("is left to the next start where Berth is stopped", async () => {
    await yard.deploy({ web: { image: "one" } });
    yard.runtime.taskFate = "running";
    const { operation, done } = await start();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await yard.deployer().stop();
    expect(await done).toMatchObject({ error: { code: "interrupted" } });
    await yard.crash();
    yard.runtime.endTasks(0);
    await ended(operation.id);
    expect(await yard.store.operations.get(operation.id)).toMatchObject({ state: "succeeded" });
  });
});
