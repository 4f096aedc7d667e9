import { makeManualClock } from "@berth/core/testing";
import { expect, it } from "vitest";
import { makeChanges, type Settled } from "./changes.ts";

const never = new AbortController().signal;

function given() {
  const clock = makeManualClock();
  const changes = makeChanges(clock);
  const seen: (Settled | null)[] = [];
  void changes.next(never).then((settled) => seen.push(settled));
  /** Moves the clock on once somebody waits for it, or nobody does any more. */
  const pass = async (ms: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { changes, seen, pass };
}

it("gathers what one save changes", async () => {
  const { changes, seen, pass } = given();
  changes.add("4913");
  await pass(15);
  changes.add("server.js");
  await pass(15);
  expect(seen).toEqual([]);
  await pass(5);
  expect(seen).toEqual([{ paths: new Set(["4913", "server.js"]), since: 1_000 }]);
});

it("waits longer where many files change, for a program pauses", async () => {
  const { changes, seen, pass } = given();
  for (let number = 0; number < 20; number += 1) changes.add(`${number}.js`);
  await pass(150);
  changes.add("last.js");
  await pass(150);
  expect(seen).toEqual([]);
  await pass(50);
  expect(seen[0]?.paths.size).toBe(21);
});

it("waits no longer than two seconds for what changes all the time", async () => {
  const { changes, seen, pass } = given();
  for (let number = 0; number < 199; number += 1) {
    changes.add("log.txt");
    await pass(10);
  }
  expect(seen).toEqual([]);
  changes.add("log.txt");
  await pass(10);
  expect(seen).toHaveLength(1);
});

it("ends with its signal, whether or not something has changed", async () => {
  const clock = makeManualClock();
  const stopped = new AbortController();
  const idle = makeChanges(clock).next(stopped.signal);
  const busy = makeChanges(clock);
  busy.add("server.js");
  const settling = busy.next(stopped.signal);
  stopped.abort();
  expect(await Promise.all([idle, settling])).toEqual([null, null]);
});
