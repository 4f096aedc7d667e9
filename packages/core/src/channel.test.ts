import { describe, expect, it } from "vitest";
import { makeChannel } from "./channel.ts";

async function readAll<Item>(channel: AsyncIterable<Item[]>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const batch of channel) all.push(...batch);
  return all;
}

describe("a channel", () => {
  it("hands over everything in order, and then the end", async () => {
    const channel = makeChannel<number>(2);
    const writing = (async () => {
      for (let number = 0; number < 100; number += 1) await channel.write(number);
      channel.end();
    })();
    expect(await readAll(channel)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await writing;
  });

  it("lets a writer wait while nobody reads", async () => {
    const channel = makeChannel<number>(2);
    await channel.write(1);
    let hasRoom = false;
    const writing = channel.write(2).then(() => (hasRoom = true));
    await new Promise(setImmediate);
    expect(hasRoom).toBe(false);
    channel.end();
    await writing;
    expect(await readAll(channel)).toEqual([1, 2]);
  });

  it("hands over what came before a failure, and then the failure", async () => {
    const channel = makeChannel<number>(10);
    await channel.write(1);
    channel.end(new Error("gone"));
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const batch of channel) seen.push(...batch);
      })(),
    ).rejects.toThrow("gone");
    expect(seen).toEqual([1]);
  });

  it("takes nothing after its end", async () => {
    const channel = makeChannel<number>(10);
    channel.end();
    await channel.write(1);
    expect(await readAll(channel)).toEqual([]);
  });
});
