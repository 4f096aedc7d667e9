import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wholeContentBytes } from "@berth/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeTestTree } from "@berth/core/testing";
import { writeSource } from "./write-source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-source-"));
});
afterEach(() => rm(folder, { recursive: true }));

const large = randomBytes(2 * wholeContentBytes + 1);
const source = makeTestTree({ "a/small.txt": "small", "b/large.bin": large });

it("writes small files and large ones, which come in chunks", async () => {
  await writeSource(source, await source.list(), folder, new AbortController().signal);
  expect(await readFile(join(folder, "a/small.txt"), "utf8")).toBe("small");
  expect(large.equals(await readFile(join(folder, "b/large.bin")))).toBe(true);
});

it("ends in the middle of a large file when the build is stopped", async () => {
  const stopping = new AbortController();
  const stopped = {
    ...source,
    async *contents() {
      const entry = (await source.list())[1]!;
      async function* content() {
        yield large;
        stopping.abort(new Error("stopped"));
        for (;;) yield large;
      }
      yield { entry, content: content() };
    },
  };
  await expect(writeSource(stopped, await source.list(), folder, stopping.signal)).rejects.toThrow("stopped");
});
