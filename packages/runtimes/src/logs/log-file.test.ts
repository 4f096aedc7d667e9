import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogFile, rotateAtBytes } from "./log-file.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "berth-log-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("LogFile", () => {
  it("writes lines in order, and goes on in the same file", async () => {
    const path = join(folder, "deep", "a.log");
    for (const text of ["one", "two"]) {
      const log = new LogFile(path, () => {});
      log.add(7, "stdout", [text]);
      log.add(8, "berth", ["noted"]);
      await log.close();
    }
    expect(await readFile(path, "utf8")).toBe("7 o one\n8 b noted\n7 o two\n8 b noted\n");
  });

  it("cuts off what a crash has left of a line", async () => {
    const path = join(folder, "a.log");
    await writeFile(path, "1 o whole\n2 o hal");
    const log = new LogFile(path, () => {});
    log.add(3, "stdout", ["next"], 42);
    await log.close();
    expect(await readFile(path, "utf8")).toBe("1 o whole\n3.000042 o next\n");
  });

  it("keeps two files however much is written", async () => {
    const log = new LogFile(join(folder, "a.log"), () => {});
    for (let round = 0; round < 40; round++) {
      log.add(
        1,
        "stdout",
        Array.from({ length: 50 }, () => "x".repeat(16_000)),
      );
      await log.flush();
    }
    await log.close();
    expect((await readdir(folder)).sort()).toEqual(["a.log", "a.log.1"]);
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).size).toBeLessThan(rotateAtBytes + 2 ** 20);
    }
  });

  it("is full when what is not written yet grows, and says when there is room", async () => {
    let room = 0;
    const log = new LogFile(join(folder, "a.log"), () => room++);
    expect(log.isFull).toBe(false);
    log.add(
      1,
      "stdout",
      Array.from({ length: 20 }, () => "x".repeat(16_000)),
    );
    expect(log.isFull).toBe(true);
    await log.flush();
    expect([log.isFull, room]).toEqual([false, 1]);
    await log.close();
  });

  it("says how many lines were lost while nothing could be written", async () => {
    const blocked = join(folder, "blocked");
    await writeFile(blocked, "a file where a folder should be");
    const log = new LogFile(join(blocked, "a.log"), () => {});
    log.add(1, "stdout", ["one", "two"]);
    await log.flush();
    await rm(blocked);
    await mkdir(blocked);
    log.add(2, "stdout", ["three"]);
    await log.close();
    expect(await readFile(join(blocked, "a.log"), "utf8")).toMatch(/^\d+ b 2 lines could not be written\n2 o three\n$/);
  });
});
