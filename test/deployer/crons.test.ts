import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cron, CronRun } from "../../packages/core/src/index.ts";
import { ada, type Contents, makeYard, production, type Yard } from "./yard.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let yard: Yard;
/** A midnight, a moment ago: hours are counted from it. */
let midnight: number;

beforeEach(async () => {
  yard = await makeYard();
  midnight = Math.ceil(yard.clock.now() / (24 * hourMs)) * 24 * hourMs;
  skipTo(midnight + 1_000);
});
afterEach(() => yard.close());

const hourly: Cron = {
  schedule: "0 * * * *",
  timezone: "UTC",
  overlap: "skip",
  timeoutMs: 90 * minuteMs,
  catchUpMs: 0,
  inPreviews: false,
};

function contents(more: Partial<Cron> = {}, image = "job"): Contents {
  const scale = { min: 0, max: 0, idleMs: minuteMs };
  return {
    web: { image: "one" },
    report: { image, routes: [], listens: false, scale, cron: { ...hourly, ...more } },
  };
}

const history = (environment = "production") =>
  yard.store.crons.list({ app: "shop", environment, service: "report" }, { limit: 100 });
const told = (runs: readonly CronRun[]) =>
  runs.map(({ dueAt, state, count }) => [(dueAt - midnight) / hourMs, state, count]);

/** Goes to the next full hour, and waits until that has been dealt with. */
async function nextHour(): Promise<number> {
  const due = (Math.floor(yard.clock.now() / hourMs) + 1) * hourMs;
  skipTo(due);
  await yard.until("it is dealt with", async () => (await history())[0]?.dueAt === due);
  return due;
}

function skipTo(time: number): void {
  yard.clock.advance(time - yard.clock.now());
}

/** So many hours after midnight. */
const hour = (count: number) => midnight + count * hourMs;

const newest = async () => (await history())[0];
/** Waits until the run of this hour has come to that; of the newest unless said. */
const becomes = (state: CronRun["state"], at?: number) =>
  yard.until(`it is ${state}`, async () => {
    const run = await newest();
    return run?.state === state && (at === undefined || run.dueAt === hour(at));
  });

describe("a service with a schedule", () => {
  it("runs at its times, on what is live then, and has no instance between them", async () => {
    await yard.deploy(contents());
    expect(yard.runtime.running()).toEqual(["web: 1"]);
    expect(yard.runtime.ran).toEqual([]);
    const due = await nextHour();
    await becomes("succeeded");
    expect(await newest()).toMatchObject({
      dueAt: due,
      cause: { kind: "schedule" },
      version: 1,
      exitCode: 0,
      reason: null,
      lines: ["the last line"],
    });
    await yard.deploy(contents({}, "newer"));
    await nextHour();
    await becomes("succeeded");
    expect(await newest()).toMatchObject({ version: 2 });
    expect(yard.runtime.ran).toHaveLength(2);
    expect(yard.runtime.running()).toEqual(["web: 1"]);
  });

  it("that fails says how", async () => {
    await yard.deploy(contents());
    yard.runtime.taskFate = 3;
    await nextHour();
    await becomes("failed");
    expect(await newest()).toMatchObject({ exitCode: 3, reason: "it exited with code 3" });
    expect(await yard.deployer().crons(production)).toMatchObject([
      { service: "report", schedule: "0 * * * *", isScheduled: true, last: { state: "failed" } },
    ]);
  });

  it("keeps running on its image while another release goes live", async () => {
    await yard.deploy(contents());
    yard.runtime.taskFate = "running";
    await nextHour();
    await yard.deploy(contents({}, "newer"));
    expect(yard.runtime.tasks()).toEqual(["report: running"]);
    yard.runtime.endTasks(0);
    await becomes("succeeded");
    expect(await newest()).toMatchObject({ version: 1 });
  });

  it("is not due for what another schedule had, and not once it is gone", async () => {
    await yard.deploy(contents({ schedule: "0 3 * * *" }));
    skipTo(hour(3));
    await becomes("succeeded");
    skipTo(hour(5.5));
    // At five o'clock it had another schedule.
    await yard.deploy(contents({ schedule: "0 5 * * *" }));
    await yard.deploy({ web: { image: "one" } });
    skipTo(hour(7.5));
    await yard.deploy(contents({ schedule: "0 7 * * *" }));
    skipTo(hour(7.6));
    expect(told(await history())).toEqual([[3, "succeeded", 1]]);
  });

  it("runs in previews only where berth.yaml says so", async () => {
    await yard.deploy(contents(), "preview");
    skipTo(hour(1.5));
    expect(await yard.deployer().crons({ app: "shop", environment: "preview" })).toMatchObject([
      { isScheduled: false, nextAt: null },
    ]);
    await yard.deploy(contents({ inPreviews: true }), "preview");
    skipTo(hour(2));
    await yard.until("it has run", async () => (await history("preview"))[0]?.state === "succeeded");
    expect(told(await history("preview"))).toEqual([[2, "succeeded", 1]]);
  });

  it("ends after its timeout", async () => {
    await yard.deploy(contents());
    yard.runtime.taskFate = "running";
    const due = await nextHour();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    skipTo(due + 91 * minuteMs);
    await yard.until("it has failed", async () => (await history()).some(({ state }) => state === "failed"));
    expect((await history()).find(({ dueAt }) => dueAt === due)).toMatchObject({
      state: "failed",
      reason: "it had not ended after 5400 s",
    });
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
  });

  it("is ended where somebody asks for it, and its schedule goes on", async () => {
    await yard.deploy(contents());
    const request = { ...production, service: "report" };
    expect(await yard.deployer().cancelCron(request, ada)).toEqual([]);
    yard.runtime.taskFate = "running";
    const due = await nextHour();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    expect(await yard.deployer().cancelCron(request, ada)).toMatchObject([{ dueAt: due, state: "running" }]);
    expect(await newest()).toMatchObject({
      state: "failed",
      reason: "it was cancelled by ada",
      lines: ["the last line"],
    });
    await yard.until("it is gone", () => yard.runtime.tasks().length === 0);
    yard.runtime.taskFate = 0;
    await nextHour();
    await becomes("succeeded");
    const [told] = await yard.store.audit.list({ app: "shop" }, { limit: 1 });
    expect(told).toMatchObject({ person: "ada", action: "cron.cancel", detail: "report" });
  });

  it("is ended where somebody has run it by hand", async () => {
    await yard.deploy(contents());
    yard.runtime.taskFate = "running";
    const request = { ...production, service: "report" };
    const { done } = await yard.deployer().runCron(request, ada);
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await yard.deployer().cancelCron(request, ada);
    expect((await done).state).toBe("failed");
    expect(await newest()).toMatchObject({ state: "failed", reason: "it was given up: ada has ended it." });
  });

  it("keeps what its newest runs printed", async () => {
    await yard.deploy(contents());
    for (let count = 0; count < 7; count++) {
      await nextHour();
      await becomes("succeeded");
    }
    await yard.until("five are kept", () => yard.runtime.tasks().length === 5);
    const signal = new AbortController().signal;
    const request = { service: "report", version: null, tail: 100, follow: false, signal };
    const lines = await Array.fromAsync(yard.deployer().logs(production, request));
    expect(lines.map(({ service, text }) => `${service}: ${text}`)).toEqual(Array(5).fill("report: the last line"));
    await (
      await yard.deployer().removeEnvironment(production, ada)
    ).done;
    expect(yard.runtime.tasks()).toEqual([]);
  });
});

describe("a run that goes on when the next one is due", () => {
  async function twice(more: Partial<Cron>) {
    await yard.deploy(contents({ timeoutMs: 24 * hourMs, ...more }));
    yard.runtime.taskFate = "running";
    await nextHour();
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await nextHour();
  }

  it("has that one skipped", async () => {
    await twice({});
    expect(told(await history())).toEqual([
      [2, "skipped", 1],
      [1, "running", 1],
    ]);
    expect(yard.runtime.ran).toHaveLength(1);
  });

  it("has that one beside it with allow", async () => {
    await twice({ overlap: "allow" });
    await yard.until("both run", () => yard.runtime.tasks().length === 2);
    yard.runtime.endTasks(0);
    await yard.until("both have ended", async () => (await history()).every(({ state }) => state !== "running"));
    expect((await history()).map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
  });

  it("ends for it with replace", async () => {
    await twice({ overlap: "replace" });
    await yard.until("the other one runs", () => yard.runtime.ran.length === 2);
    expect(yard.runtime.tasks()).toEqual(["report: running"]);
    yard.runtime.endTasks(0);
    await becomes("succeeded");
    expect((await history())[1]).toMatchObject({ state: "failed", reason: "it was replaced by the run after it" });
  });
});

describe("while nobody was there", () => {
  async function away(more: Partial<Cron>, hours: number) {
    await yard.deploy(contents(more));
    await nextHour();
    await becomes("succeeded");
    await yard.deployer().stop();
    skipTo(hour(hours));
    await yard.crash();
  }

  it("what was due is missed, and told once", async () => {
    await away({}, 4.5);
    await becomes("missed", 4);
    expect(told(await history())).toEqual([
      [4, "missed", 3],
      [1, "succeeded", 1],
    ]);
    await yard.deployer().stop();
    await yard.crash();
    await nextHour();
    await becomes("succeeded");
    expect(told(await history())).toHaveLength(3);
  });

  it("the newest is made up for within catchUp", async () => {
    await away({ catchUpMs: hourMs }, 4.5);
    await becomes("succeeded", 4);
    expect(told(await history())).toEqual([
      [4, "succeeded", 1],
      [3, "missed", 2],
      [1, "succeeded", 1],
    ]);
  });

  it("what is late by less than a minute is on time", async () => {
    await away({}, 2 + 0.9 / 60);
    await becomes("succeeded", 2);
    expect(told(await history())[0]).toEqual([2, "succeeded", 1]);
  });
});

describe("a server that is killed", () => {
  async function strikeAtOne(at: string, when: "before" | "after") {
    await yard.until("it is known", async () => (await yard.store.crons.memories(production)).length === 1);
    yard.faults.at(at, when, "hangs");
    let hasStruck = false;
    void yard.faults.struck().then(() => (hasStruck = true));
    skipTo(hour(1));
    await yard.until("it has struck", () => hasStruck);
    await yard.crash();
  }

  async function killed(at: string, when: "before" | "after") {
    await yard.deploy(contents());
    yard.runtime.taskFate = "running";
    await strikeAtOne(at, when);
  }

  it("before it has written that a time has come has not started it: the next one does", async () => {
    await killed("crons.check", "before");
    await yard.until("it runs", () => yard.runtime.ran.length === 1);
    expect(told(await history())).toEqual([[1, "running", 1]]);
  });

  it.each([
    ["crons.check", "after"],
    ["runtime.run", "before"],
  ] as const)("at %s, %s it, leaves a run that nobody knows of, and that is not started again", async (at, when) => {
    await killed(at, when);
    await becomes("unknown");
    expect(yard.runtime.ran).toEqual([]);
    expect((await newest())?.reason).toBe("nobody knows whether it has run, or how it ended");
  });

  it("while it runs leaves it running, and the next one tells how it ended", async () => {
    await killed("runtime.run", "after");
    await yard.until("it is found", () => yard.runtime.tasks().length === 1);
    yard.runtime.endTasks(4);
    await becomes("failed");
    expect(await newest()).toMatchObject({ exitCode: 4 });
    expect(yard.runtime.ran).toHaveLength(1);
  });

  it("before it has written its end leaves that to the next one", async () => {
    await yard.deploy(contents());
    await strikeAtOne("crons.end", "before");
    await becomes("succeeded");
    expect(yard.runtime.ran).toHaveLength(1);
  });
});

describe("somebody", () => {
  it("runs it now, and it is in the history with who did", async () => {
    await yard.deploy(contents());
    const { operation, done } = await yard.deployer().runCron({ ...production, service: "report" }, ada);
    expect(await done).toMatchObject({ kind: "run", state: "succeeded" });
    expect(await newest()).toMatchObject({
      state: "succeeded",
      cause: { kind: "person", by: "ada" },
      task: { run: operation.id },
    });
    await expect(yard.deployer().runCron({ ...production, service: "web" }, ada)).rejects.toMatchObject({
      code: "not-found",
      hint: "It has report.",
    });
  });

  it("runs it now, and a crash does not lose how it ended", async () => {
    await yard.deploy(contents());
    yard.runtime.taskFate = "running";
    const { operation } = await yard.deployer().runCron({ ...production, service: "report" }, ada);
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await yard.crash();
    yard.runtime.endTasks(3);
    await becomes("failed");
    await yard.until("it ended", async () => (await yard.store.operations.get(operation.id))?.state === "failed");
    expect(await newest()).toMatchObject({ exitCode: 3, cause: { kind: "person" } });
  });

  it("gives it up", async () => {
    await yard.deploy(contents());
    yard.runtime.taskFate = "running";
    const { operation, done } = await yard.deployer().runCron({ ...production, service: "report" }, ada);
    await yard.until("it runs", () => yard.runtime.tasks().length === 1);
    await yard.deployer().cancel(operation.id, ada);
    await done;
    expect(await newest()).toMatchObject({ state: "failed", reason: "it was given up: ada has ended it." });
    expect(yard.runtime.tasks()).toEqual([]);
  });

  it("pauses it, and nothing that was due meanwhile is made up for", async () => {
    await yard.deploy(contents());
    const pause = (isPaused: boolean) => yard.deployer().pauseCron({ ...production, service: "report", isPaused }, ada);
    expect(await pause(true)).toMatchObject({ paused: { by: "ada" }, nextAt: null });
    skipTo(hour(2));
    expect(await pause(false)).toMatchObject({ paused: null, nextAt: hour(3) });
    skipTo(hour(3));
    await becomes("succeeded");
    expect(told(await history())).toEqual([[3, "succeeded", 1]]);
  });

  it("does not scale it", async () => {
    await yard.deploy(contents());
    const change = { reset: false, services: { report: { min: 2 } } };
    await expect(yard.deployer().scale({ ...production, ...change }, ada)).rejects.toMatchObject({
      code: "input.invalid",
      message: "report has a schedule, and no instances between its runs.",
    });
  });

  it("has no instance to enter", async () => {
    await yard.deploy(contents());
    const request = { ...production, service: "report", instance: null, argv: ["ls"], terminal: null };
    await expect(yard.deployer().exec(request, ada)).rejects.toMatchObject({
      code: "instance.not-running",
      message: "report has a schedule, and no instances between its runs.",
    });
  });
});
