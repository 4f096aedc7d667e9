import type { DesiredEnvironment, ObservedInstance, ObservedWorkload } from "@berth/core";
import { describe, expect, it } from "vitest";
import { makeEnvironmentRoutes, type RoutesInput } from "./routes.ts";
import { makeDesired, makeGeneration, makeInstance, makeService, observe, scope } from "./testing/values.ts";

function routes(
  desired: Partial<DesiredEnvironment>,
  observed: Map<string, ObservedWorkload> = new Map(),
  parts: Partial<RoutesInput> = {},
) {
  const made = makeEnvironmentRoutes({
    scope,
    domain: "test",
    access: null,
    desired: makeDesired(desired),
    observed,
    draining: new Map(),
    faults: new Map(),
    ports: {},
    ...parts,
  });
  return { hosts: new Map(made.hosts), neighbours: new Map(made.neighbours), workloads: made.workloads };
}

describe("the routes of an environment", () => {
  it("lead from its host to the live release, longest prefix first", () => {
    const live = makeGeneration(3, makeService("web", "w", ["/", "/blog"]), makeService("api", "a", ["/api", "/b"]));
    const { hosts } = routes({ live });
    expect(hosts.get("shop.test")).toMatchObject({ version: null, absence: null });
    expect(hosts.get("shop.test")!.routes.map(({ prefix, workload }) => `${prefix} ${workload}`)).toEqual([
      "/blog w",
      "/api a",
      "/b a",
      "/ w",
    ]);
  });

  it("say who is let in where that is not everyone", () => {
    const access = { key: "00", owner: "ada" };
    expect(routes({}, new Map(), { access }).hosts.get("shop.test")).toMatchObject({ access });
    expect(routes({}).hosts.get("shop.test")).not.toHaveProperty("access");
  });

  it("say why they lead nowhere", () => {
    expect(routes({}).hosts.get("shop.test")!.absence).toBe("empty");
    const workers = makeGeneration(1, makeService("worker", "k", []));
    expect(routes({ live: workers }).hosts.get("shop.test")!.absence).toBe("no-routes");
  });

  it("have permalinks of visited releases, in production alone", () => {
    const visited = [{ ...makeGeneration(1, makeService("web", "old")), until: 9 }];
    expect([...routes({ visited }).hosts.keys()]).toEqual(["shop.test", "shop--v1.test"]);
    const preview = { app: "shop", environment: "login" };
    expect([...routes({ visited }, new Map(), { scope: preview }).hosts.keys()]).toEqual(["shop--login.test"]);
  });

  it("lead neighbours to the live service, else to the one that is rolled out, else nowhere", () => {
    const live = makeGeneration(1, makeService("web", "w1"));
    const rollout = makeGeneration(2, makeService("web", "w2"), makeService("api", "a2", ["/api"]));
    const { neighbours, workloads } = routes({ live, rollout }, new Map(), { ports: { web: 1, api: 2, gone: 3 } });
    expect([1, 2, 3].map((port) => neighbours.get(port)!.workload)).toEqual(["w1", "a2", null]);
    expect(workloads.map(({ id }) => id).toSorted()).toEqual(["a2", "w1", "w2"]);
  });

  it("leave workers out: nothing is sent to them", () => {
    const live = makeGeneration(1, makeService("web", "w"), makeService("worker", "k", []));
    expect(routes({ live }).workloads.map(({ id }) => id)).toEqual(["w"]);
  });
});

describe("a routed workload", () => {
  const live = makeGeneration(1, makeService("web", "w"));
  const state = (instances: readonly ObservedInstance[], draining = new Map<string, number>()) => {
    const [workload] = routes({ live }, observe({ w: instances }), { draining }).workloads;
    return { state: workload!.state, reason: workload!.reason, ids: workload!.instances.map(({ id }) => id) };
  };

  it("runs where an instance is ready that does not drain", () => {
    const starting = makeInstance("b", { state: "starting", readyAt: null });
    expect(state([makeInstance("a"), starting])).toEqual({ state: "running", reason: null, ids: ["a"] });
  });

  it("sleeps where it has no instances, or only such as drain", () => {
    expect(routes({ live }).workloads[0]!.state).toBe("asleep");
    expect(state([])).toMatchObject({ state: "asleep" });
    expect(state([makeInstance("a")], new Map([["a", 1]]))).toEqual({ state: "asleep", reason: null, ids: ["a"] });
  });

  it("starts where its instances are not ready yet", () => {
    expect(state([makeInstance("a", { state: "starting" })])).toEqual({ state: "starting", reason: null, ids: [] });
  });

  it("has failed, with the reason, where an instance ended and none is ready", () => {
    const ended = makeInstance("a", { state: "exited", readyAt: null, reason: "it exited with code 1" });
    expect(state([ended])).toEqual({ state: "failed", reason: "it exited with code 1", ids: [] });
  });

  it("is waited for where an instance is started again, or will be soon, with what is known of it", () => {
    const again = makeInstance("a", { state: "starting", restarts: 2, reason: "it is slow" });
    expect(state([again])).toEqual({ state: "starting", reason: "it is slow", ids: [] });
    const exit = (at: number) => ({ at, code: 1, signal: null, outOfMemory: false });
    const ended = (parts: Partial<ObservedInstance>) =>
      state([makeInstance("a", { state: "exited", readyAt: 2_000, reason: "it exited", ...parts })]).state;
    expect(ended({})).toBe("starting");
    expect(ended({ lastExit: exit(3_000), restarts: 3 })).toBe("starting");
    expect(ended({ lastExit: exit(3_000), restarts: 4 })).toBe("failed");
    expect(ended({ lastExit: exit(99_000), restarts: 40 })).toBe("starting");
  });

  it("says what the runtime cannot do, and waits where that passes", () => {
    const fault = (isPassing: boolean) => {
      const faults = new Map([["w", { message: "No base.", hint: "Build it.", isPassing }]]);
      return routes({ live }, new Map(), { faults }).workloads[0];
    };
    expect(fault(false)).toMatchObject({ state: "failed", reason: "No base.", hint: "Build it." });
    expect(fault(true)).toMatchObject({ state: "starting", reason: "No base." });
  });
});
