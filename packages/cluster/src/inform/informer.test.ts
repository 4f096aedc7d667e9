import { quietLog } from "@berth/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { readRefusal, toClusterError } from "../calls/refusal.ts";
import type { KubeObject } from "../object.ts";
import { makeManualClock } from "@berth/core/testing";
import { startInformer } from "./informer.ts";

function object(name: string, resourceVersion: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop", uid: name, resourceVersion } };
}

const refused = () =>
  toClusterError(readRefusal(503, "busy"), {
    verb: "list",
    resource: "configmaps",
    namespace: null,
    subject: "configmaps",
    path: "/",
    repeatable: true,
  });

interface OpenWatch {
  resourceVersion: string;
  timeoutSeconds: number;
  say(type: string, told: object): void;
  end(): void;
  cut(): void;
}

/** An informer whose lists and watches are what the test says, at the time that the test says. */
function start() {
  const clock = makeManualClock();
  const state: { items: KubeObject[]; fails: boolean; lists: number; watches: OpenWatch[] } = {
    items: [object("a", "1")],
    fails: false,
    lists: 0,
    watches: [],
  };
  const informer = startInformer<KubeObject>(
    {
      name: "configmaps",
      keep: (kept) => (kept.metadata.labels?.["foreign"] === undefined ? kept : null),
      async list() {
        state.lists++;
        if (state.fails) throw refused();
        return { items: state.items, resourceVersion: "10" };
      },
      async watch({ resourceVersion, timeoutSeconds, signal }) {
        if (state.fails) throw refused();
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, {
          highWaterMark: 100,
        });
        const writer = writable.getWriter();
        writer.closed.catch(() => {});
        signal.addEventListener("abort", () => void writer.abort(signal.reason));
        state.watches.push({
          resourceVersion,
          timeoutSeconds,
          say: (type, told) =>
            void writer.write(new TextEncoder().encode(`${JSON.stringify({ type, object: told })}\n`)),
          end: () => void writer.close(),
          cut: () => void writer.abort(new Error("cut")),
        });
        return readable;
      },
    },
    { clock, log: quietLog, random: { bytes: (count) => new Uint8Array(count).fill(128) } },
  );
  onTestFinished(() => informer.close());
  const told: string[] = [];
  informer.follow(({ kind, object }) => told.push(`${kind} ${object.metadata.name}`));
  /** The watch that is open, when so many have been opened. */
  const watch = async (count: number): Promise<OpenWatch> => {
    await expect.poll(() => state.watches.length).toBe(count);
    const open = state.watches[count - 1];
    if (open === undefined) throw new Error("no watch");
    return open;
  };
  return { clock, state, informer, told, watch };
}

describe("an informer", () => {
  it("tells nothing of what is not kept, and that it is gone of what is kept no more", async () => {
    const { informer, told, watch } = start();
    const foreign = (name: string, version: string) => {
      const { metadata, ...rest } = object(name, version);
      return { ...rest, metadata: { ...metadata, labels: { foreign: "" } } };
    };
    await informer.ready();
    const open = await watch(1);
    open.say("ADDED", foreign("b", "11"));
    open.say("DELETED", foreign("b", "12"));
    open.say("ADDED", object("c", "13"));
    open.say("MODIFIED", foreign("c", "14"));
    await expect.poll(() => told.at(-1)).toBe("removed c");
    expect(told).toEqual(["added a", "added c", "removed c"]);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  it("lists once and then follows", async () => {
    const { informer, told, watch, state } = start();
    await informer.ready();
    const open = await watch(1);
    expect(open.resourceVersion).toBe("10");
    expect(open.timeoutSeconds).toBeGreaterThanOrEqual(300);
    expect(open.timeoutSeconds).toBeLessThanOrEqual(600);
    open.say("ADDED", object("b", "11"));
    open.say("MODIFIED", object("a", "12"));
    open.say("DELETED", object("a", "13"));
    await expect.poll(() => told).toEqual(["added a", "added b", "changed a", "removed a"]);
    expect(informer.list("shop")).toEqual([object("b", "11")]);
    expect(informer.get("shop", "b")).toEqual(object("b", "11"));
    expect(state.lists).toBe(1);
  });

  it("goes on from the last bookmark when a watch has ended", async () => {
    const { clock, watch, state, informer } = start();
    const first = await watch(1);
    first.say("BOOKMARK", { metadata: { resourceVersion: "50" } });
    await expect.poll(() => informer.staleSince()).toBeNull();
    clock.advance(5_000);
    first.end();
    expect((await watch(2)).resourceVersion).toBe("50");
    expect(state.lists).toBe(1);
  });

  it("lists again where its place is lost, and tells what was missed", async () => {
    const { clock, watch, state, told } = start();
    const first = await watch(1);
    clock.advance(5_000);
    state.items = [object("c", "20")];
    first.say("ERROR", { kind: "Status", code: 410, reason: "Expired" });
    await watch(2);
    expect(told).toEqual(["added a", "removed a", "added c"]);
    expect(state.lists).toBe(2);
  });

  it("says since when and why it hears nothing, and comes back with growing pauses", async () => {
    const { clock, watch, state, informer, told } = start();
    const first = await watch(1);
    clock.advance(60_000);
    state.fails = true;
    const cutAt = clock.now();
    first.cut();
    await expect.poll(() => informer.staleSince()).toBe(cutAt);
    expect(informer.trouble()).not.toBeNull();
    expect(informer.list()).toHaveLength(1);
    for (const pause of [150, 300, 600]) {
      await expect.poll(() => clock.sleepers()).toBe(1);
      clock.advance(pause - 1);
      expect(clock.sleepers()).toBe(1);
      clock.advance(1);
    }
    await expect.poll(() => informer.trouble()?.code).toBe("cluster.busy");
    state.fails = false;
    await expect.poll(() => clock.sleepers()).toBe(1);
    clock.advance(30_000);
    const second = await watch(2);
    await expect.poll(() => informer.staleSince()).toBeNull();
    second.say("ADDED", object("b", "11"));
    await expect.poll(() => told).toEqual(["added a", "added b"]);
    expect(state.lists).toBe(1);
  });

  it("leaves a connection that has been silent for longer than bookmarks take", async () => {
    const { clock, watch, informer } = start();
    const first = await watch(1);
    await expect.poll(() => clock.sleepers()).toBe(1);
    clock.advance(149_000);
    first.say("BOOKMARK", { metadata: { resourceVersion: "50" } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.advance(149_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.advance(1_000);
    expect((await watch(2)).resourceVersion).toBe("50");
    expect(informer.staleSince()).toBeNull();
  });

  it("does not hammer a server that ends each watch at once", async () => {
    const { clock, watch, state } = start();
    (await watch(1)).end();
    await expect.poll(() => clock.sleepers()).toBe(1);
    expect(state.watches).toHaveLength(1);
    clock.advance(200);
    await watch(2);
  });

  it("survives a follower that fails", async () => {
    const { informer, watch, told } = start();
    informer.follow(() => {
      throw new Error("mine");
    });
    (await watch(1)).say("ADDED", object("b", "11"));
    await expect.poll(() => told).toEqual(["added a", "added b"]);
  });

  it("is not ready when it is closed before", async () => {
    const { informer } = start();
    informer.close();
    await expect(informer.ready()).rejects.toMatchObject({ name: "AbortError" });
    expect(informer.list()).toEqual([]);
  });
});
