import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewOperationEvent, Operation } from "../../packages/core/src/index.ts";
import { readServerSentEvents } from "../../packages/api/src/client/sse.ts";
import { ask } from "./documented.ts";
import { givenLive, type Harness, makeLogLine, openHarness, shop } from "./harness.ts";
import { makeManualClock, type ManualClock } from "../support/manual-clock.ts";

const line = (text: string): NewOperationEvent => ({
  at: 1,
  phase: "build",
  service: "web",
  kind: "line",
  text,
  durationMs: null,
});

describe("an operation's timeline", () => {
  let harness: Harness;
  let clock: ManualClock;
  let operation: Operation;
  const events = (query = "", headers: Record<string, string> = {}) =>
    harness.send("GET", `/operations/${operation.id}/events${query}`, {
      headers: { accept: "text/event-stream", ...headers },
    });

  beforeEach(async () => {
    clock = makeManualClock();
    harness = await openHarness({ clock });
    await givenLive(harness.store);
    operation = await harness.store.operations.start({ ...shop, kind: "deploy" }, { person: "ada", role: "owner" });
  });
  afterEach(() => harness.close());

  it("is listed and read as JSON", async () => {
    await harness.store.operations.append(operation.id, [line("a"), line("b")]);
    const path = `/operations/${operation.id}`;
    expect((await ask(harness, "GET", path)).body).toMatchObject({ id: operation.id, state: "running" });
    expect((await ask(harness, "GET", `${path}/events`)).body).toMatchObject({
      items: [{ seq: 1, text: "a" }, { seq: 2 }],
      ended: false,
    });
    expect((await ask(harness, "GET", `${path}/events?after=1`)).body).toMatchObject({ items: [{ seq: 2 }] });
    expect((await ask(harness, "GET", "/operations?app=shop&limit=1")).body).toMatchObject({
      items: [{ id: operation.id }],
      next: operation.id,
    });
    expect((await ask(harness, "GET", "/operations?app=none")).body).toEqual({ items: [], next: null });
    expect((await ask(harness, "GET", "/operations/none/events")).status).toBe(404);
  });

  it("streams what there is, what comes and how it ended, then closes", async () => {
    await harness.store.operations.append(operation.id, [line("before")]);
    const response = await events();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reading = readAll(response);
    await harness.store.operations.append(operation.id, [line("with\nbreaks"), line("ünï")]);
    await harness.store.operations.finish(operation.id, { ok: true, url: "http://shop.localhost:4000" });
    expect(await reading).toMatchObject([
      { id: "1", event: "event", data: { seq: 1, text: "before" } },
      { id: "2", event: "event", data: { text: "with\nbreaks" } },
      { id: "3", event: "event", data: { text: "ünï" } },
      { event: "ended", data: { id: operation.id, state: "succeeded" } },
    ]);
  });

  it("goes on after ?after, and after Last-Event-ID before that", async () => {
    await harness.store.operations.append(operation.id, [line("a"), line("b"), line("c")]);
    await harness.store.operations.finish(operation.id, { ok: true, url: null });
    const texts = async (response: Response) => (await readAll(response)).flatMap(({ data }) => data.text ?? []);
    expect(await texts(await events("?after=1"))).toEqual(["b", "c"]);
    expect(await texts(await events("?after=1", { "last-event-id": "2" }))).toEqual(["c"]);
    expect(await texts(await events("?after=99"))).toEqual([]);
    expect((await events("?after=-1")).status).toBe(422);
    expect((await events("", { "last-event-id": "x" })).status).toBe(422);
  });

  it("leaves nothing out and repeats nothing while many readers come and go", async () => {
    const count = 400;
    const write = async () => {
      for (let written = 0; written < count; written += 4) {
        await harness.store.operations.append(
          operation.id,
          [0, 1, 2, 3].map((offset) => line(String(written + offset))),
        );
        if (written % 20 === 0) await new Promise(setImmediate);
      }
      await harness.store.operations.finish(operation.id, { ok: true, url: null });
    };
    /** Reads some events, hangs up, and goes on from there. */
    const readInPieces = async (piece: number) => {
      const seen: number[] = [];
      for (;;) {
        const response = await events("", { "last-event-id": String(seen.at(-1) ?? 0) });
        let taken = 0;
        for await (const { event, data } of readServerSentEvents(response.body!)) {
          if (event === "ended") return seen;
          seen.push((JSON.parse(data) as { seq: number }).seq);
          taken += 1;
          if (taken === piece) break;
        }
      }
    };
    const [, ...seen] = await Promise.all([write(), ...[1, 3, 17, 64, 1000].map(readInPieces)]);
    const all = Array.from({ length: count }, (_, index) => index + 1);
    for (const numbers of seen) expect(numbers).toEqual(all);
  });

  it("sends a comment after 15 seconds without anything", async () => {
    const reader = (await events()).body!.getReader();
    const first = reader.read();
    await expect.poll(() => clock.sleeping()).toBeGreaterThanOrEqual(2);
    clock.advance(15_000);
    expect(new TextDecoder().decode((await first).value)).toBe(":\n\n");
    await reader.cancel();
    expect(clock.sleeping()).toBe(0);
  });

  it("stops following when the reader goes", async () => {
    const stops: string[] = [];
    const { follow } = harness.store.operations;
    harness.store.operations.follow = (id, listener) => {
      const stop = follow(id, listener);
      return () => {
        stops.push(id);
        stop();
      };
    };
    const response = await events();
    await expect.poll(() => clock.sleeping()).toBeGreaterThanOrEqual(2);
    await response.body!.cancel();
    expect(stops).toEqual([operation.id]);
    expect(clock.sleeping()).toBe(0);
  });

  it("ends for a token that is deleted meanwhile", async () => {
    const secret = await harness.giveToken("viewer", "grace");
    const { body } = await ask(harness, "GET", "/whoami", { token: secret });
    const response = await harness.send("GET", `/operations/${operation.id}/events`, {
      token: secret,
      headers: { accept: "text/event-stream" },
    });
    const reading = readAll(response);
    await harness.store.tokens.delete((body as { token: string }).token, { person: "ada", role: "owner" });
    await expect.poll(() => clock.sleeping()).toBeGreaterThanOrEqual(2);
    clock.advance(15_000);
    expect(await reading).toEqual([]);
  });
});

describe("logs", () => {
  let harness: Harness;
  const path = "/apps/shop/environments/production/logs";
  beforeEach(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
    harness.logs.lines.push(makeLogLine("one"), makeLogLine("two"), makeLogLine("three\u2028ünï"));
  });
  afterEach(() => harness.close());

  it("come as a line of JSON each", async () => {
    const response = await harness.send("GET", `${path}?tail=2`);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines.map((text): unknown => JSON.parse(text))).toEqual(harness.logs.lines.slice(1));
  });

  it("are asked for as the query says", async () => {
    await harness.send("GET", path).then((response) => response.text());
    await harness.send("GET", `${path}?service=worker&release=1&tail=0`).then((response) => response.text());
    expect(harness.logs.asked).toMatchObject([
      { scope: shop, options: { service: null, version: null, tail: 100, follow: false } },
      { scope: shop, options: { service: "worker", version: 1, tail: 0, follow: false } },
    ]);
  });

  it("go on until the reader goes", async () => {
    const response = await harness.send("GET", `${path}?follow=true`);
    const reader = response.body!.getReader();
    await reader.read();
    await expect.poll(() => harness.logs.asked.length).toBe(1);
    await reader.cancel();
    expect(harness.logs.asked[0]!.options.signal.aborted).toBe(true);
  });

  it("say at the end what went wrong on the way", async () => {
    harness.logs.failWith = new Error("private");
    const lines = (await (await harness.send("GET", path)).text()).trimEnd().split("\n");
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ error: { code: "internal", status: 500 } });
    expect(lines.join()).not.toContain("private");
  });

  it("of what is not there are an error", async () => {
    expect(await ask(harness, "GET", `${path}?service=wbe`)).toMatchObject({
      status: 404,
      body: { code: "not-found", hint: "It has web, worker." },
    });
    expect((await ask(harness, "GET", `${path}?release=9`)).body).toMatchObject({ code: "release.not-found" });
    expect((await ask(harness, "GET", "/apps/shop/environments/none/logs")).body).toMatchObject({
      code: "environment.not-found",
    });
    expect((await ask(harness, "GET", `${path}?follow=yes`)).status).toBe(422);
    expect((await ask(harness, "GET", `${path}?tail=1000000`)).status).toBe(422);
  });
});

async function readAll(
  response: Response,
): Promise<{ id: string | undefined; event: string; data: { text?: string } }[]> {
  const events = [];
  for await (const { id, event, data } of readServerSentEvents(response.body!)) {
    events.push({ id, event, data: JSON.parse(data) as { text?: string } });
  }
  return events;
}
