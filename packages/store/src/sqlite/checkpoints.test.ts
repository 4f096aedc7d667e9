import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, quietLog, systemRandom } from "@berth/core";
import { expect, onTestFinished, test } from "vitest";
import { openSqliteStore } from "./open.ts";
import { makeTestFolder } from "../testing/folder.ts";

test("after many commits, and a pause, the log is copied into the database", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  const pauses: (() => void)[] = [];
  const clock: Clock = { now: () => 1, sleep: () => new Promise((resolve) => pauses.push(resolve)) };
  const store = await openSqliteStore({ file, clock, random: systemRandom, log: quietLog });
  onTestFinished(() => store.close());
  const sizeBytes = async () => (await stat(file)).size;
  const value = "x".repeat(10_000);
  const before = await sizeBytes();
  for (let count = 0; count < 100; count += 1) await store.installation.put(`mark-${count}`, value);
  expect(pauses.length).toBe(1);
  expect(await sizeBytes()).toBe(before);
  pauses[0]!();
  await expect.poll(sizeBytes).toBeGreaterThan(before + 64 * value.length);
  for (let count = 0; count < 100; count += 1) await store.installation.put(`mark-${count}`, "y");
  expect(pauses.length).toBe(2);
  expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0);
});
