import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideInstances, decideRun } from "./supervise.ts";
import type { InstanceDecision, SupervisedInstance } from "./supervise.ts";

const now = 1_000_000;

function instance(id: string, changes: Partial<SupervisedInstance> = {}): SupervisedInstance {
  return { id, state: "ready", startedAt: now - 5_000, readyAt: now - 4_000, failures: 0, exitedAt: null, ...changes };
}

const exited = (id: string, changes: Partial<SupervisedInstance>) => instance(id, { state: "exited", ...changes });

interface Case {
  title: string;
  desired: number;
  observed: SupervisedInstance[];
  decision: InstanceDecision;
}

const cases: Case[] = [
  {
    title: "does nothing where nothing is wanted or there",
    desired: 0,
    observed: [],
    decision: { actions: [], lookAgainAt: null },
  },
  {
    title: "starts all that are missing",
    desired: 2,
    observed: [],
    decision: { actions: [{ kind: "start" }, { kind: "start" }], lookAgainAt: null },
  },
  {
    title: "counts starting ones and not stopping ones",
    desired: 2,
    observed: [instance("a", { state: "starting", readyAt: null }), instance("b", { state: "stopping" })],
    decision: { actions: [{ kind: "start" }], lookAgainAt: null },
  },
  {
    title: "stops what is not ready before what is",
    desired: 1,
    observed: [instance("new", { state: "starting", readyAt: null, startedAt: now - 9_000 }), instance("old")],
    decision: { actions: [{ kind: "stop", id: "new" }], lookAgainAt: null },
  },
  {
    title: "stops the youngest of the ready ones",
    desired: 1,
    observed: [instance("young", { startedAt: now - 10 }), instance("old", { startedAt: now - 20 })],
    decision: { actions: [{ kind: "stop", id: "young" }], lookAgainAt: null },
  },
  {
    title: "drops a crashed one first, and does not start it again",
    desired: 1,
    observed: [exited("a", { exitedAt: now - 60_000 }), instance("b")],
    decision: { actions: [{ kind: "stop", id: "a" }], lookAgainAt: null },
  },
  {
    title: "starts what crashed after a healthy minute at once",
    desired: 1,
    observed: [exited("a", { readyAt: now - 60_000, exitedAt: now, failures: 5 })],
    decision: { actions: [{ kind: "restart", id: "a", failures: 0 }], lookAgainAt: null },
  },
  {
    title: "waits a second after the first crash that came sooner",
    desired: 1,
    observed: [exited("a", { exitedAt: now - 999 })],
    decision: { actions: [], lookAgainAt: now + 1 },
  },
  {
    title: "starts again when the pause is over",
    desired: 1,
    observed: [exited("a", { exitedAt: now - 1_000 })],
    decision: { actions: [{ kind: "restart", id: "a", failures: 1 }], lookAgainAt: null },
  },
  {
    title: "waits twice as long after each further crash",
    desired: 2,
    observed: [exited("a", { exitedAt: now, failures: 1 }), exited("b", { exitedAt: now, failures: 3 })],
    decision: { actions: [], lookAgainAt: now + 2_000 },
  },
  {
    title: "waits a minute at most",
    desired: 1,
    observed: [exited("a", { exitedAt: now, failures: 40 })],
    decision: { actions: [], lookAgainAt: now + 60_000 },
  },
  {
    title: "waits for one that the runtime is ending",
    desired: 1,
    observed: [instance("a", { state: "ending" })],
    decision: { actions: [], lookAgainAt: null },
  },
];

describe("decideInstances", () => {
  it.each(cases)("$title", ({ desired, observed, decision }) => {
    expect(decideInstances(desired, observed, now)).toEqual(decision);
  });

  const anyInstance: fc.Arbitrary<SupervisedInstance> = fc.record({
    id: fc.uuid(),
    state: fc.constantFrom("starting", "ready", "stopping", "exited", "ending"),
    startedAt: fc.integer({ min: now - 200_000, max: now }),
    readyAt: fc.option(fc.integer({ min: now - 200_000, max: now })),
    failures: fc.nat(10),
    exitedAt: fc.option(fc.integer({ min: now - 200_000, max: now })),
  });
  const observations = fc.uniqueArray(anyInstance, { maxLength: 12, selector: ({ id }) => id });

  it("settles: applied and observed again, nothing is left to do", () => {
    fc.assert(
      fc.property(fc.nat(8), observations, (desired, observed) => {
        const after = apply(observed, decideInstances(desired, observed, now));
        expect(decideInstances(desired, after, now).actions).toEqual([]);
      }),
    );
  });

  it("ends with as many as are wanted, however crashes and pauses fall", () => {
    fc.assert(
      fc.property(fc.nat(8), observations, (desired, observed) => {
        const later = now + 120_000;
        const ended = observed.map((one) => (one.state === "ending" ? { ...one, state: "exited" as const } : one));
        const after = apply(ended, decideInstances(desired, ended, later));
        expect(after.filter(({ state }) => state === "starting" || state === "ready").length).toBe(desired);
      }),
    );
  });

  it("never stops one that serves while one that does not is kept", () => {
    fc.assert(
      fc.property(fc.nat(8), observations, (desired, observed) => {
        const { actions } = decideInstances(desired, observed, now);
        const stopped = new Set(actions.flatMap((action) => (action.kind === "stop" ? [action.id] : [])));
        const isReadyStopped = observed.some(({ id, state }) => state === "ready" && stopped.has(id));
        const isOtherKept = observed.some(
          ({ id, state }) => state !== "ready" && state !== "stopping" && !stopped.has(id),
        );
        expect(isReadyStopped && isOtherKept).toBe(false);
      }),
    );
  });
});

function apply(observed: readonly SupervisedInstance[], { actions }: InstanceDecision): SupervisedInstance[] {
  const after = new Map(observed.map((one) => [one.id, one]));
  actions.forEach((action, index) => {
    if (action.kind === "start")
      after.set(`new-${index}`, instance(`new-${index}`, { state: "starting", readyAt: null }));
    const present = action.kind === "start" ? undefined : after.get(action.id);
    if (action.kind === "restart" && present) after.set(action.id, { ...present, state: "starting", readyAt: null });
    if (action.kind !== "stop" || !present) return;
    if (present.state === "exited") after.delete(action.id);
    else after.set(action.id, { ...present, state: "stopping" });
  });
  return [...after.values()];
}

describe("decideRun", () => {
  it.each<[string, Parameters<typeof decideRun>, InstanceDecision["actions"]]>([
    ["starts what has never been started", [1, [], false], [{ kind: "start" }]],
    ["leaves alone what runs", [1, [instance("a")], true], []],
    ["does not start again what has ended", [1, [exited("a", { exitedAt: now })], true], []],
    ["does not start again what was lost", [1, [], true], []],
    ["ends what is not wanted any more", [0, [instance("a")], true], [{ kind: "stop", id: "a" }]],
    ["waits for what is ending", [0, [instance("a", { state: "stopping" })], true], []],
  ])("%s", (_, given, actions) => {
    expect(decideRun(...given)).toEqual({ actions, lookAgainAt: null });
  });
});
