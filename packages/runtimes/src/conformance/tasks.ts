import { describe, expect, it } from "vitest";
import type { IdentifiedTask, ObservedTask, Runtime } from "@berth/core";
import { useFresh } from "./fresh.ts";
import type { Fresh } from "./fresh.ts";
import { instances, readTail, untilLogged, until } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

/** Commands that run once: started, found again, ended, forgotten. */
export function describeTasks(open: () => Promise<RuntimeUnderTest>): void {
  describe("tasks", () => {
    const fresh = useFresh(open);

    it("run to their end, and tell their code and all that they have printed", async () => {
      const { runtime } = fresh;
      const task = makeTask(fresh, { MS: "100" });
      await runtime.run(task);
      const { id, run } = task;
      expect(await seen(runtime, id)).toMatchObject({
        id,
        run,
        app: "shop",
        environment: "production",
        service: "web",
      });
      const ended = await untilEnded(runtime, id);
      expect(ended).toMatchObject({ exit: { code: 0, signal: null, outOfMemory: false } });
      expect(ended.startedAt).toBeLessThanOrEqual(ended.exit!.at + 1_000);
      // That it has ended is told when all of it is in the log, and with the last line there.
      expect(await printed(runtime, id)).toEqual(["begun", "on the error output", "over"]);
      expect((await readTail(runtime, id)).at(-1)).toMatchObject({ stream: "berth", text: "exited with code 0" });
      expect(await instances(runtime, id)).toEqual([]);
    });

    it("are not started again once they have ended, also where that is asked for", async () => {
      const { runtime } = fresh;
      const task = makeTask(fresh, { CODE: "3" });
      await runtime.run(task);
      expect(await untilEnded(runtime, task.id)).toMatchObject({
        exit: { code: 3 },
        reason: "it exited with code 3",
      });
      await runtime.run(task);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await seen(runtime, task.id)).toMatchObject({ state: "ended", exit: { code: 3 } });
      expect(await beginnings(runtime, task.id)).toBe(1);
    });

    it("run side by side", async () => {
      const { runtime } = fresh;
      const tasks = ["1", "2", "3"].map((code) => makeTask(fresh, { CODE: code, MS: "200" }));
      await Promise.all(tasks.map((task) => runtime.run(task)));
      const ends = await Promise.all(tasks.map(({ id }) => untilEnded(runtime, id)));
      expect(ends.map(({ exit }) => exit?.code)).toEqual([1, 2, 3]);
    });

    it("go on through a restart of the server, are found again and not started a second time", async () => {
      const task = makeTask(fresh, { MS: "6000", CODE: "4" });
      await fresh.runtime.run(task);
      await untilLogged(fresh.runtime, task.id, "begun");
      const runtime = await fresh.test.reopen();
      expect(await seen(runtime, task.id)).toMatchObject({ state: "running", run: task.run, exit: null });
      await runtime.run(task);
      expect(await untilEnded(runtime, task.id)).toMatchObject({ exit: { code: 4 } });
      expect(await printed(runtime, task.id)).toEqual(["begun", "on the error output", "over"]);
    });

    it("that end while no server is there are found with their code and their output", async () => {
      const task = makeTask(fresh, { MS: "300", CODE: "5" });
      await fresh.runtime.run(task);
      await untilLogged(fresh.runtime, task.id, "begun");
      await fresh.runtime.close();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const runtime = await fresh.test.reopen();
      expect(await untilEnded(runtime, task.id)).toMatchObject({ exit: { code: 5 } });
      expect(await printed(runtime, task.id)).toEqual(["begun", "on the error output", "over"]);
      await runtime.run(task);
      expect(await beginnings(runtime, task.id)).toBe(1);
    });

    it("are ended and forgotten where they are removed", async () => {
      const { runtime, test } = fresh;
      const task = makeTask(fresh, { MS: "600000" });
      await runtime.run(task);
      await untilLogged(runtime, task.id, "begun");
      await runtime.remove(task.id);
      expect(await seen(runtime, task.id)).toBeUndefined();
      expect(await test.remains()).toBe(0);
      await expect(readTail(runtime, task.id)).rejects.toMatchObject({ code: "workload.not-found" });
      await runtime.remove(task.id);
    });

    it("that cannot be started say so", async () => {
      const { runtime } = fresh;
      const task = makeTask(fresh, {}, ["no-such-program"]);
      await runtime.run(task);
      const { exit, reason } = await untilEnded(runtime, task.id);
      expect(exit?.code ?? 127).not.toBe(0);
      expect(reason).toMatch(/no-such-program/);
    });
  });
}

let runs = 0;

function makeTask(fresh: Fresh, env: Record<string, string>, argv = ["node", "task.mjs"]): IdentifiedTask {
  const run = `op_${(runs += 1)}x${process.pid}`;
  const parts = { kind: "task" as const, health: null, run, timeoutMs: null };
  const made = fresh.workload("", { command: { argv }, env, stopGraceMs: 1_000, ...parts });
  return { ...made, ...parts };
}

async function seen(runtime: Runtime, id: string): Promise<ObservedTask | undefined> {
  const { tasks, workloads } = await runtime.observe();
  expect(workloads.has(id)).toBe(false);
  return tasks.get(id);
}

async function untilEnded(runtime: Runtime, id: string): Promise<ObservedTask> {
  return until("the task has ended", async () => {
    const task = await seen(runtime, id);
    return task?.state === "ended" ? task : null;
  });
}

/** In one order: what comes by two streams may overtake. */
async function printed(runtime: Runtime, id: string): Promise<string[]> {
  const lines = await readTail(runtime, id);
  const order = ["begun", "on the error output", "over"];
  return lines
    .filter(({ stream }) => stream !== "berth")
    .map(({ text }) => text)
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

async function beginnings(runtime: Runtime, id: string): Promise<number> {
  return (await printed(runtime, id)).filter((text) => text === "begun").length;
}
