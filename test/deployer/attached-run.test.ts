import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AttachedRun } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

const program = "node import.js";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
  await yard.deploy({ web: { image: "one" } });
  // What holds goes on, and what runs beside it ends when somebody says so.
  yard.runtime.taskFate = "running";
});
afterEach(() => yard.close());

const attach = (version: number | null = null) =>
  yard
    .deployer()
    .attachRun({ ...production, service: null, version, argv: ["node", "import.js"], terminal: null }, ada);
const ended = async ({ operation }: Pick<AttachedRun, "operation">) => {
  await yard.until("it has ended", async () => (await yard.store.operations.get(operation))?.state !== "running");
  expect(yard.runtime.tasks()).toEqual([]);
  return (await yard.store.operations.get(operation))!;
};

describe("a command with input", () => {
  it("runs beside a task that holds, on any release, and both end together", async () => {
    await yard.deploy({ web: { image: "two" } });
    yard.runtime.commandFates.set(program, 3);
    const run = await attach(1);
    expect(run).toMatchObject({ service: "web", version: 1 });
    expect(yard.runtime.tasks()).toEqual(["web: running"]);
    expect(yard.runtime.besides).toEqual([`web-1: ${program}`]);
    expect((await Array.fromAsync(run.session.output)).map(({ data }) => String(data))).toEqual(["the last line"]);
    expect(await run.session.exit).toEqual({ code: 3, message: null });
    await run.session.close();
    expect(await ended(run)).toMatchObject({
      kind: "run",
      state: "failed",
      error: { code: "run.failed", exitCode: 3 },
    });
    const events = await yard.store.operations.events(run.operation, 0);
    expect(events.map(({ phase, kind, text }) => [phase, kind, text])).toEqual([
      ["run", "start", "node import.js in v1"],
      ["run", "end", "exit code 3"],
    ]);
  });

  it("ends with its session, with its operation, and with what holds it", async () => {
    const left = await attach();
    await left.session.close();
    expect(yard.runtime.tasks()).toEqual([]);
    expect((await ended(left)).error!.message).toMatch(/nobody was at its other end/);

    const cancelled = await attach();
    await yard.deployer().cancel(cancelled.operation, ada);
    expect(await ended(cancelled)).toMatchObject({ error: { code: "operation.cancelled" } });

    const removed = await attach();
    yard.runtime.loseTasks();
    expect(await ended(removed)).toMatchObject({ state: "failed" });
    expect((await removed.session.exit).code).toBe(129);
  });

  it("is gone after the next start where the server was killed, and says that nobody saw its end", async () => {
    const run = await attach();
    await yard.crash();
    expect(await ended(run)).toMatchObject({
      state: "failed",
      error: { message: expect.stringMatching(/^Berth stopped before/) },
    });
  });

  it("is refused where what holds it does not start", async () => {
    yard.runtime.taskFate = 127;
    await expect(attach()).rejects.toMatchObject({
      code: "run.failed",
      message: "The command could not be started: it exited with code 127.",
      hint: expect.stringContaining("--no-stdin"),
    });
    expect(yard.runtime.tasks()).toEqual([]);
    await expect(attach(9)).rejects.toMatchObject({ code: "release.not-found" });
  });
});
