import { BerthError, type IdentifiedWorkload, type ObservedWorkload, type Runtime, type Scope } from "@berth/core";
import { beforeEach, describe, expect, it } from "vitest";
import { awayError, Fleet } from "./fleet.ts";

const shop = { app: "shop", environment: "production" };

/** A runtime that knows workloads by name, and remembers what it was asked for. */
function makeRuntime(name: string) {
  const known = new Map<string, ObservedWorkload>();
  const asked: string[] = [];
  const watchers = new Set<(scope: Scope) => void>();
  const state = { fails: false, isClosed: false };
  const runtime: Runtime = {
    descriptor: {
      name,
      sharesNetwork: false,
      platform: { os: "linux", architecture: "amd64", libc: null },
      needsBase: true,
      neighbours: "dns",
      separatesStreams: false,
      scalesByLoad: true,
      exec: { lacksTerminal: null, endsWithServer: false },
      endsWithServer: false,
    },
    async observe() {
      if (state.fails) throw new Error("not now");
      return { at: 1, workloads: new Map(known), tasks: new Map() };
    },
    watch(dirty) {
      watchers.add(dirty);
      return () => void watchers.delete(dirty);
    },
    async ensure({ id, service }) {
      const rest = { ...shop, replicas: 0, instances: [], refusal: null, isWhole: true };
      known.set(id, { id, service, ...rest });
    },
    run: async ({ id }) => void asked.push(`run ${id}`),
    exec: () => Promise.reject(new Error("nothing runs here")),
    scale: async (id, replicas) => void asked.push(`scale ${id} ${replicas}`),
    autoscale: async (id) => void asked.push(`autoscale ${id}`),
    async remove(id) {
      asked.push(`remove ${id}`);
      known.delete(id);
    },
    endpoints: (id) => [{ instance: `${name}-${id}`, endpoint: { host: name, port: 1 } }],
    async *logs(id) {
      yield { at: 1, instance: id, stream: "stdout", text: name };
    },
    drift: () => [{ at: 1, object: name, workload: null, fields: [] }],
    close: async () => void (state.isClosed = true),
    shutdown: async () => void (state.isClosed = true),
  };
  return { runtime, known, asked, state, notify: (scope: Scope) => watchers.forEach((watch) => watch(scope)) };
}

function makeWorkload(id: string, cluster?: string): IdentifiedWorkload {
  return { ...shop, id, service: id, ...(cluster !== undefined && { cluster }) } as IdentifiedWorkload;
}

const away = awayError("eu", new BerthError("cluster.unreachable", "Nothing listens there."));

describe("a fleet", () => {
  let main = makeRuntime("main");
  let eu = makeRuntime("eu");
  let home: string | null = null;
  let fleet: Fleet;

  beforeEach(() => {
    main = makeRuntime("main");
    eu = makeRuntime("eu");
    home = null;
    fleet = new Fleet({
      main: main.runtime,
      clusterOf: async () => home,
      closeMembers: async () => eu.runtime.close(),
    });
  });

  const logs = async (id: string) => {
    const options = { tail: 1, follow: false, signal: new AbortController().signal };
    return (await Array.fromAsync(fleet.logs(id, options))).map(({ text }) => text);
  };

  it("hands each call to the cluster that its workload is on, as it was made or seen there", async () => {
    await eu.runtime.ensure(makeWorkload("seen"));
    await fleet.join("eu", eu.runtime);
    await fleet.ensure(makeWorkload("here"));
    await fleet.ensure(makeWorkload("there", "eu"));
    await fleet.observe(shop);
    for (const id of ["here", "there", "seen"]) await fleet.scale(id, 2);
    await fleet.autoscale("there", null);
    expect(main.asked).toEqual(["scale here 2"]);
    expect(eu.asked).toEqual(["scale there 2", "scale seen 2", "autoscale there"]);
    expect([await logs("here"), await logs("there")]).toEqual([["main"], ["eu"]]);
    expect(fleet.endpoints("there")[0]?.endpoint.host).toBe("eu");
    await fleet.remove("there");
    expect([...eu.known.keys()]).toEqual(["seen"]);
    expect(fleet.drift(shop).map(({ object }) => object)).toEqual(["main", "eu"]);
  });

  it("observes what runs of an environment anywhere, with where that is", async () => {
    await fleet.join("eu", eu.runtime);
    await fleet.ensure(makeWorkload("here"));
    await fleet.ensure(makeWorkload("there", "eu"));
    const { workloads } = await fleet.observe(shop);
    expect([...workloads.values()].map(({ id, cluster }) => [id, cluster])).toEqual([
      ["here", undefined],
      ["there", "eu"],
    ]);
  });

  it("does not take what it cannot see for gone: an environment's own cluster is known, or an error", async () => {
    fleet.setAway("eu", away);
    expect((await fleet.observe(shop)).workloads.size).toBe(0);
    home = "eu";
    await expect(fleet.observe(shop)).rejects.toBe(away);
    await expect(fleet.ensure(makeWorkload("there", "eu"))).rejects.toBe(away);
    await fleet.join("eu", eu.runtime);
    eu.state.fails = true;
    await expect(fleet.observe(shop)).rejects.toThrow("not now");
    home = null;
    expect((await fleet.observe(shop)).workloads.size).toBe(0);
    home = "asia";
    await expect(fleet.observe(shop)).rejects.toMatchObject({ code: "cluster.not-found" });
  });

  it("has everything looked at that a cluster brings, and what changes there from then on", async () => {
    const seen: string[] = [];
    const stop = fleet.watch(({ environment }) => void seen.push(environment));
    await eu.runtime.ensure(makeWorkload("there"));
    await fleet.join("eu", eu.runtime);
    eu.notify({ app: "shop", environment: "try" });
    main.notify({ app: "shop", environment: "else" });
    expect(seen).toEqual(["production", "try", "else"]);
    fleet.leave("eu");
    eu.notify({ app: "shop", environment: "try" });
    stop();
    main.notify(shop);
    expect(seen).toHaveLength(3);
  });

  it("reads what was written down of a workload whose cluster has left", async () => {
    await fleet.join("eu", eu.runtime);
    await fleet.ensure(makeWorkload("there", "eu"));
    expect(fleet.leave("eu")).toBe(eu.runtime);
    expect(await logs("there")).toEqual(["main"]);
    expect(fleet.leave("eu")).toBeNull();
  });

  it("closes all that it has", async () => {
    await fleet.join("eu", eu.runtime);
    await fleet.close();
    expect([main.state.isClosed, eu.state.isClosed]).toEqual([true, true]);
  });
});
