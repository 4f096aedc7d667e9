import { once } from "node:events";
import { expect, it } from "vitest";
import { makeMemoryPair } from "./memory-pair.ts";

it("carries bytes both ways, holds back who writes more than is read, and ends each direction for itself", async () => {
  const [one, other] = makeMemoryPair();
  let written = 0;
  while (one.write(Buffer.alloc(16_384))) written++;
  expect(written).toBeLessThan(20);
  one.end("last");
  other.end("answer");
  let [there, back] = [0, ""];
  other.on("data", (bytes: Buffer) => (there += bytes.length));
  one.on("data", (bytes: Buffer) => (back += bytes.toString()));
  await Promise.all([once(one, "close"), once(other, "close")]);
  expect([there, back]).toEqual([(written + 1) * 16_384 + 4, "answer"]);
});

it("breaks at both ends where one breaks", async () => {
  const [one, other] = makeMemoryPair();
  one.write("half");
  const closed = once(other, "close");
  one.destroy();
  await closed;
  expect(other.readableEnded).toBe(false);
});
