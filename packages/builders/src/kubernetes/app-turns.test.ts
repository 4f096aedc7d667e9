import { expect, it } from "vitest";
import { makeAppTurns } from "./app-turns.ts";

const never = new AbortController().signal;
const tick = () => new Promise((resolve) => setImmediate(resolve));

it("lets one build of an app after the other have its turn, and those of others meanwhile", async () => {
  const turns = makeAppTurns();
  const told: string[] = [];
  const ends = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const take = (app: string, name: string, work: () => Promise<void> = async () => {}) =>
    turns.take(
      app,
      never,
      () => told.push(`${name} waits`),
      async (hold) => {
        told.push(`${name} begins`);
        if (name === "first") hold(gone.promise);
        await work();
      },
    );
  const first = take("shop", "first", () => ends.promise);
  const second = take("shop", "second");
  await take("other", "third");
  await tick();
  expect(told).toEqual(["first begins", "second waits", "third begins"]);
  ends.resolve();
  await first;
  await tick();
  expect(told).toHaveLength(3);
  gone.resolve();
  await second;
  expect(told.at(-1)).toBe("second begins");
});

it("lets the next in where one gives up before its turn, or fails", async () => {
  const turns = makeAppTurns();
  const ends = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const first = turns.take(
    "shop",
    never,
    () => {},
    () => ends.promise,
  );
  const second = turns.take(
    "shop",
    leaving.signal,
    () => {},
    async () => "never",
  );
  const third = turns.take(
    "shop",
    never,
    () => {},
    async () => "third",
  );
  leaving.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  ends.reject(new Error("failed"));
  await expect(first).rejects.toThrow("failed");
  expect(await third).toBe("third");
});
