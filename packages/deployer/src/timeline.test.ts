import { setImmediate as nextTurn } from "node:timers/promises";
import type { NewOperationEvent } from "@berth/core";
import { expect, it } from "vitest";
import { makeTimeline } from "./timeline.ts";

function setUp() {
  const written: (readonly NewOperationEvent[])[] = [];
  const state = { now: 1_000, failure: null as Error | null };
  const timeline = makeTimeline({
    operation: "op_1",
    clock: { now: () => state.now },
    operations: {
      async append(id, events) {
        expect(id).toBe("op_1");
        if (state.failure !== null) throw state.failure;
        written.push(events);
        return events.map((event, index) => ({ ...event, seq: index + 1 }));
      },
    },
  });
  return { timeline, state, written, texts: () => written.flat().map(({ text }) => text) };
}

it("opens phases, and closes them with their duration", async () => {
  const { timeline, state, written } = setUp();
  const end = timeline.start("detect", "looking", "web");
  state.now += 40;
  end("Node 24");
  timeline.end("start", "ready", "web", 7);
  await timeline.flush();
  expect(written.flat()).toEqual([
    { at: 1_000, phase: "detect", service: "web", kind: "start", text: "looking", durationMs: null },
    { at: 1_040, phase: "detect", service: "web", kind: "end", text: "Node 24", durationMs: 40 },
    { at: 1_040, phase: "start", service: "web", kind: "end", text: "ready", durationMs: 7 },
  ]);
});

it("writes what is told in one turn together", async () => {
  const { timeline, written } = setUp();
  const sink = timeline.buildSink("web");
  sink.start("install", "npm ci");
  for (let line = 0; line < 100; line += 1) sink.line(`line ${line}`);
  sink.end("install", 5);
  await timeline.flush();
  expect(written).toHaveLength(1);
  expect(written[0]).toHaveLength(102);
  expect(written[0]![0]).toMatchObject({ phase: "build", text: "install: npm ci" });
});

it("keeps what could not be written for the next time, in order", async () => {
  const { timeline, state, texts } = setUp();
  state.failure = new Error("the disk is full");
  timeline.line("detect", "one");
  await nextTurn();
  await nextTurn();
  timeline.line("detect", "two");
  await expect(timeline.flush()).rejects.toThrow("the disk is full");
  state.failure = null;
  timeline.line("detect", "three");
  await timeline.flush();
  expect(texts()).toEqual(["one", "two", "three"]);
});

it("has nothing to wait for where nothing was told", async () => {
  const { timeline, written } = setUp();
  await timeline.flush();
  expect(written).toEqual([]);
});
