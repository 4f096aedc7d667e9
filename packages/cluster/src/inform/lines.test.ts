import { describe, expect, it } from "vitest";
import { readLines } from "./lines.ts";

async function linesOf(text: string, size: number): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  return Array.fromAsync(readLines(chunks()));
}

describe("readLines", () => {
  it("puts lines and letters together that were cut", async () => {
    for (const size of [1, 2, 3, 100])
      expect(await linesOf("größe\n\nzwei\ndrei", size)).toEqual(["größe", "zwei", "drei"]);
  });
});
