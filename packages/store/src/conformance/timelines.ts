import type { OperationEvent } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, makeLine, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";
import { readTimeline } from "./timeline-reader.ts";

export function testTimelines(given: Given): void {
  async function givenOperation(): Promise<string> {
    await givenEnvironment(given.store);
    return (await given.store.operations.start({ ...production, kind: "deploy" }, ada)).id;
  }
  const numbers = (events: readonly OperationEvent[]) => events.map(({ seq }) => seq);
  const end = (id: string) => given.store.operations.finish(id, { ok: true, url: null });

  test("events are numbered from 1 without gaps, each operation by itself, also after reopening", async () => {
    const [one, other] = [await givenOperation(), await givenOperation()];
    const start = { at: 7, phase: "health", service: null, kind: "end", text: "ünï", durationMs: 12 } as const;
    expect(await given.store.operations.append(one, [start, makeLine("b")])).toEqual([
      { ...start, seq: 1 },
      { ...makeLine("b"), seq: 2 },
    ]);
    expect(numbers(await given.store.operations.append(other, [makeLine("x")]))).toEqual([1]);
    expect(await given.store.operations.append(one, [])).toEqual([]);
    await given.reopen();
    expect(numbers(await given.store.operations.append(one, [makeLine("c")]))).toEqual([3]);
    expect((await given.store.operations.events(one, 0))[0]).toEqual({ ...start, seq: 1 });
    expect(numbers(await given.store.operations.events(one, 1))).toEqual([2, 3]);
    expect(await given.store.operations.events(one, 3)).toEqual([]);
  });

  test("many appends at once interleave without a gap or a repeat", async () => {
    const id = await givenOperation();
    const batches = Array.from({ length: 50 }, (_, batch) => [makeLine(`${batch} a`), makeLine(`${batch} b`)]);
    const appended = await Promise.all(batches.map((events) => given.store.operations.append(id, events)));
    const seqs = numbers(appended.flat()).toSorted((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    for (const [first, second] of appended) expect(second!.seq).toBe(first!.seq + 1);
  });

  test("events need an operation that is there", async () => {
    const append = given.store.operations.append("op_0", [makeLine("x")]);
    await expect(append).rejects.toMatchObject({ code: "operation.not-found" });
    expect(await given.store.operations.events("op_0", 0)).toEqual([]);
  });

  test("a follower is told of each event in order and of the end, until it stops", async () => {
    const id = await givenOperation();
    const told: (number | "ended")[] = [];
    const stopped: unknown[] = [];
    given.store.operations.follow(id, (event) => told.push(event === "ended" ? event : event.seq));
    const stop = given.store.operations.follow(id, (event) => stopped.push(event));
    await given.store.operations.append(id, [makeLine("a"), makeLine("b")]);
    stop();
    await given.store.operations.append(id, [makeLine("c")]);
    await end(id);
    await end(id);
    expect(told).toEqual([1, 2, 3, "ended"]);
    expect(stopped.length).toBe(2);
  });

  test("whoever follows after the end is told so", async () => {
    const id = await givenOperation();
    await end(id);
    const told = await new Promise((resolve) => given.store.operations.follow(id, resolve));
    expect(told).toBe("ended");
  });

  test("a follower that fails disturbs neither the others nor the append", async () => {
    const id = await givenOperation();
    const told: unknown[] = [];
    given.store.operations.follow(id, () => {
      throw new Error("a broken follower");
    });
    given.store.operations.follow(id, (event) => told.push(event));
    await given.store.operations.append(id, [makeLine("a")]);
    expect(told.length).toBe(1);
  });

  test("readers that come at any moment of a race of appends get every event once and in order", async () => {
    const id = await givenOperation();
    const readers: Promise<number[]>[] = [];
    async function write(writer: number) {
      for (let batch = 0; batch < 40; batch += 1) {
        const events = Array.from({ length: 1 + ((batch + writer) % 3) }, () => makeLine(`${writer}`));
        await given.store.operations.append(id, events);
        if (batch % 5 === writer) readers.push(readTimeline(given.store, id, batch));
        // Some writes of other kinds in between, some of which wait for the disk.
        if (batch % 7 === writer) await given.store.installation.put("mark", `${batch}`);
        if (batch % 4 === 0) await new Promise(setImmediate);
      }
    }
    await Promise.all([0, 1, 2].map(write));
    const last = (await given.store.operations.events(id, 0)).length;
    readers.push(readTimeline(given.store, id, last));
    await end(id);
    const read = await Promise.all(readers);
    expect(read.length).toBeGreaterThan(20);
    for (const seqs of read) {
      const first = seqs[0] ?? last + 1;
      expect(seqs).toEqual(Array.from({ length: last + 1 - first }, (_, index) => first + index));
    }
  });

  test("timelines of operations that ended before a time are pruned, and the operations stay", async () => {
    const [old, young, running] = [await givenOperation(), await givenOperation(), await givenOperation()];
    for (const id of [old, young, running]) await given.store.operations.append(id, [makeLine("x")]);
    await end(old);
    given.clock.time += 100;
    await end(young);
    expect(await given.store.operations.prune(given.clock.time)).toBe(1);
    expect(await given.store.operations.prune(given.clock.time)).toBe(0);
    const counts = [old, young, running].map(async (id) => (await given.store.operations.events(id, 0)).length);
    expect(await Promise.all(counts)).toEqual([0, 1, 1]);
    expect((await given.store.operations.get(old))?.state).toBe("succeeded");
  });

  test("any number of timelines is pruned at once", async () => {
    for (let made = 0; made < 120; made += 1) {
      const id = await givenOperation();
      await given.store.operations.append(id, [makeLine("x")]);
      await end(id);
    }
    expect(await given.store.operations.prune(given.clock.time + 1)).toBe(120);
  });
}
