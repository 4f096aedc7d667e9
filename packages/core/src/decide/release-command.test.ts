import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ObservedTask, ObservedWorkload } from "../runtime.ts";
import type { IdentifiedTask } from "../task.ts";
import { decide } from "./decide.ts";
import { type DesiredEnvironment, type Generation, type GenerationService, nothingDesired } from "./desired.ts";
import { changesNothing } from "./release-command.ts";

const start = 1_000_000;
const place = { app: "shop", environment: "production", service: "web" };

const task: IdentifiedTask = {
  ...place,
  id: "t",
  kind: "task",
  image: "sha256:0",
  command: { argv: ["node", "migrate.js"] },
  env: {},
  resources: { cpuMillis: 100, memoryBytes: 1 },
  health: null,
  stopGraceMs: 1000,
  run: "op_2",
  timeoutMs: 60_000,
};

function web(id: string): GenerationService {
  const { image, command, env, resources, stopGraceMs } = task;
  const health = { path: "/", timeoutMs: 10_000 };
  return {
    routes: ["/"],
    scale: { min: 1, max: 1, idleMs: 60_000 },
    workload: { ...place, id, kind: "service", image, command, env, resources, health, stopGraceMs },
  };
}

const live: Generation = { version: 1, liveAt: start, services: [web("a")] };
const rollout = { version: 2, liveAt: null, services: [web("b")], commands: [task] };

function desired(parts: Partial<DesiredEnvironment> = {}): DesiredEnvironment {
  return { ...nothingDesired, live, rollout, ...parts };
}

function running(id: string, state: "ready" | "starting" = "ready"): ObservedWorkload {
  const nothing = { lastExit: null, elsewhereSince: null, memoryBytes: null, reason: null, givenUpAt: null };
  const instance = {
    id: `${id}-1`,
    workload: id,
    state,
    startedAt: start,
    readyAt: start,
    restarts: 0,
    endpoint: { host: "127.0.0.1", port: 20_000 },
    ...nothing,
  };
  return { id, ...place, replicas: 1, instances: [instance], refusal: null, isWhole: true };
}

function seen(parts: Partial<ObservedTask> = {}): ObservedTask {
  const nothing = { exit: null, reason: null, givenUpAt: null };
  return { ...place, id: "t", run: "op_2", state: "running", startedAt: start, ...nothing, ...parts };
}

const exited = (code: number) => ({ at: start, code, signal: null, outOfMemory: false });

function look(state: DesiredEnvironment, tasks: readonly ObservedTask[], now = start, workloads = [running("a")]) {
  const observed = {
    workloads: new Map(workloads.map((each) => [each.id, each])),
    tasks: new Map(tasks.map((each) => [each.id, each])),
    load: new Map(),
    loadSince: 0,
    scalesByLoad: false,
  };
  return decide(state, observed, new Map(), now);
}

describe("a release command", () => {
  it("is run first, and nothing of its release starts while it runs", () => {
    expect(look(desired(), []).actions).toEqual([{ kind: "run", task }]);
    expect(look(desired(), [seen({ state: "made", startedAt: null })]).actions).toEqual([{ kind: "run", task }]);
    expect(look(desired(), [seen()])).toMatchObject({ actions: [], lookAgainAt: start + 60_000 });
  });

  it("lets its release start once it has succeeded", () => {
    const ended = seen({ state: "ended", exit: exited(0) });
    expect(look(desired(), [ended]).actions.map(({ kind }) => kind)).toEqual(["ensure", "scale"]);
    expect(look(desired(), [ended], start, [running("a"), running("b")]).actions).toEqual([
      { kind: "promote", version: 2 },
    ]);
  });

  it("fails its release where it fails, with its code", () => {
    const ended = seen({ state: "ended", exit: exited(3), reason: "it exited with code 3" });
    expect(look(desired(), [ended]).actions).toEqual([
      { kind: "fail-command", version: 2, task, reason: "it exited with code 3", exitCode: 3 },
    ]);
  });

  it("fails its release where it has not ended in time, or could not be started", () => {
    const late = look(desired(), [seen()], start + 60_000).actions;
    expect(late).toEqual([expect.objectContaining({ kind: "fail-command", reason: "it had not ended after 60 s" })]);
    const stuck = seen({ startedAt: null, reason: "it fits on no node", givenUpAt: start + 5 });
    expect(look(desired(), [stuck])).toMatchObject({ actions: [], lookAgainAt: start + 5 });
    const givenUp = look(desired(), [stuck], start + 5).actions;
    expect(givenUp).toEqual([expect.objectContaining({ kind: "fail-command", reason: "it fits on no node" })]);
  });

  it("is not run again where it has begun and nobody knows how it went", () => {
    const { actions } = look(desired({ begun: new Set(["t"]) }), []);
    expect(actions).toEqual([expect.objectContaining({ kind: "fail-command", exitCode: null })]);
  });

  it("goes when its release is not rolled out any more, and a command that somebody waits for stays", () => {
    const other = seen({ id: "other", run: "op_9" });
    const over = desired({ rollout: null, kept: new Set(["op_9"]) });
    expect(look(over, [seen(), other]).actions).toEqual([{ kind: "remove", workload: "t" }]);
    expect(look(desired({ rollout: null }), [other]).actions).toEqual([{ kind: "remove", workload: "other" }]);
  });
});

it("is the same content in a later deploy, and another one where anything of it or of its release has changed", () => {
  const key = new Uint8Array(32);
  const next = { services: rollout.services, command: { ...task, id: "u", run: "op_3" } };
  const before = { services: rollout.services, command: task };
  expect(changesNothing(before, next, key)).toBe(true);
  expect(changesNothing(null, next, key)).toBe(false);
  expect(changesNothing({ ...before, command: null }, next, key)).toBe(false);
  expect(changesNothing({ ...before, services: live.services }, next, key)).toBe(false);
  const otherCommand = { ...next, command: { ...next.command, env: { A: "1" } } };
  expect(changesNothing(before, otherCommand, key)).toBe(false);
});

/** What happens between two looks. */
const happening = fc.constantFrom(
  "nothing",
  "ends",
  "fails",
  "is lost",
  "instance is ready",
  "instance starts",
  "later",
);

it("never promotes before its command has succeeded, and runs it once, whatever happens", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), fc.boolean(), (history, wasBegun) => {
      let now = start;
      let isOver = false;
      let isLive = false;
      const begun = new Set(wasBegun ? ["t"] : []);
      let tasks: ObservedTask[] = [];
      const workloads = new Map([["a", running("a")]]);
      const runs: number[] = [];
      const early: string[] = [];
      let hasSucceeded = false;
      for (const what of history) {
        now += what === "later" ? 20_000 : 1;
        if (what === "is lost") tasks = [];
        if (tasks[0]?.state === "running" && what === "ends") tasks = [seen({ state: "ended", exit: exited(0) })];
        if (tasks[0]?.state === "running" && what === "fails") tasks = [seen({ state: "ended", exit: exited(1) })];
        hasSucceeded ||= tasks[0]?.exit?.code === 0;
        if (workloads.has("b") && what === "instance is ready") workloads.set("b", running("b"));
        const state = desired({ live: isLive ? rollout : live, rollout: isOver ? null : rollout, begun });
        for (const action of look(state, tasks, now, [...workloads.values()]).actions) {
          if (["ensure", "scale", "promote"].includes(action.kind) && !hasSucceeded) early.push(action.kind);
          if (action.kind === "run") {
            runs.push(now);
            tasks = [seen({ startedAt: now })];
            begun.add("t");
          }
          if (action.kind === "ensure") workloads.set("b", { ...running("b", "starting"), replicas: 0 });
          if (action.kind === "scale") workloads.set("b", running("b", "starting"));
          isLive ||= action.kind === "promote";
          isOver ||= ["promote", "fail", "fail-command"].includes(action.kind);
          if (action.kind === "remove" && action.workload === "t") tasks = [];
        }
      }
      expect(early).toEqual([]);
      expect(runs.length).toBeLessThanOrEqual(wasBegun ? 0 : 1);
    }),
    { numRuns: 1_000 },
  );
});
