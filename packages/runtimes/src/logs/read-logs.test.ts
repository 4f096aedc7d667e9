import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../conformance/helpers.ts";
import { readLogs } from "./read-logs.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "berth-logs-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);

async function tail(count: number): Promise<string[]> {
  const texts: string[] = [];
  const options = { tail: count, follow: false, signal: new AbortController().signal };
  for await (const { text } of readLogs(folder, options)) texts.push(text);
  return texts;
}

function follow(count: number): { texts: string[]; stop(): Promise<void> } {
  const abort = new AbortController();
  const texts: string[] = [];
  const done = (async () => {
    for await (const { text } of readLogs(folder, { tail: count, follow: true, signal: abort.signal }))
      texts.push(text);
  })();
  return {
    texts,
    stop: () => {
      abort.abort();
      return done;
    },
  };
}

describe("readLogs", () => {
  it("merges instances by time, over files that were put aside", async () => {
    await writeFile(path("a.log.1"), "1 o a1\n3 e a3\n");
    await writeFile(path("a.log"), "5 o a5\n6 o half a li");
    await writeFile(path("b.log"), "2 o b2\n4 b b4\n");
    expect(await tail(10)).toEqual(["a1", "b2", "a3", "b4", "a5"]);
    expect(await tail(2)).toEqual(["b4", "a5"]);
    expect(await tail(0)).toEqual([]);
  });

  it("finds the newest lines of a file that is larger than what it reads at once", async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `${index} o ${"x".repeat(index % 90)}${index}\n`);
    await writeFile(path("a.log"), lines.join(""));
    const texts = await tail(4_000);
    expect(texts.length).toBe(4_000);
    expect(texts[0]).toMatch(/1000$/);
    expect(texts.at(-1)).toMatch(/4999$/);
  });

  it("misses nothing while a file is put aside", async () => {
    await writeFile(path("a.log"), "1 o one\n2 o tw");
    const { texts, stop } = follow(10);
    await until("the first came", () => texts.length === 1);
    await appendFile(path("a.log"), "o\n3 o three\n");
    await rename(path("a.log"), path("a.log.1"));
    await writeFile(path("a.log"), "4 o four\n");
    await until("all came", () => texts.length === 4);
    await appendFile(path("a.log"), "5 o five\n");
    await rename(path("a.log"), path("a.log.1"));
    await until("the last of it came", () => texts.length === 5);
    await writeFile(path("a.log"), "6 o six\n");
    await until("the next file's came", () => texts.length === 6);
    await stop();
    expect(texts).toEqual(["one", "two", "three", "four", "five", "six"]);
  });

  it("follows from now on where no older lines are asked for, and into new instances", async () => {
    await writeFile(path("a.log"), "1 o old\n");
    const { texts, stop } = follow(0);
    await appendFile(path("a.log"), "");
    await until("it follows", async () => {
      await appendFile(path("a.log"), "2 o new\n");
      return texts.length > 0;
    });
    await writeFile(path("b.log"), "3 o other\n");
    await until("the other came", () => texts.includes("other"));
    await stop();
    expect(texts).not.toContain("old");
  });

  it("ends when the logs are removed", async () => {
    await writeFile(path("a.log"), "1 o one\n");
    const lines = readLogs(folder, { tail: 5, follow: true, signal: new AbortController().signal });
    expect((await lines.next()).value).toMatchObject({ text: "one" });
    await rm(folder, { recursive: true });
    expect((await lines.next()).done).toBe(true);
  });

  it("ends at once where the signal has aborted already", async () => {
    const { texts, stop } = follow(5);
    await stop();
    expect(texts).toEqual([]);
  });
});
