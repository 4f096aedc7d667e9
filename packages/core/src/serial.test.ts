import { expect, it } from "vitest";
import { makeSerial } from "./serial.ts";

it("runs work of one key in the order it was asked for, also after work that failed", async () => {
  const inTurn = makeSerial();
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = inTurn("a", async () => {
    await first.promise;
    order.push("one");
    throw new Error("one failed");
  });
  const two = inTurn("a", async () => void order.push("two"));
  await inTurn("b", async () => void order.push("of another key"));
  first.resolve();
  await expect(one).rejects.toThrow("one failed");
  await two;
  expect(order).toEqual(["of another key", "one", "two"]);
});
