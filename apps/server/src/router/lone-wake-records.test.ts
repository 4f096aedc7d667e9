import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog, type Wake } from "@berth/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keepLoneWake, takeLoneWakes } from "./lone-wake-records.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-lone-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const wake = (id: string) => ({ id }) as Wake;
const files = () => readdirSync(join(home, "router/wakes"));

it("gives the server each start once, also those that come later", async () => {
  keepLoneWake(home, "a", wake("first"));
  keepLoneWake(home, "a", wake("same start"));
  writeFileSync(join(home, "router/wakes/broken.json"), "{");
  const added: string[] = [];
  const taker = await takeLoneWakes({ home, add: async ({ id }) => void added.push(id), log: quietLog });
  expect(added).toEqual(["first"]);
  keepLoneWake(home, "b", wake("later"));
  await vi.waitUntil(() => added.length === 2, { timeout: 20_000 });
  await taker.close();
  expect(added).toEqual(["first", "later"]);
  expect(files()).toEqual([]);
});

it("keeps for the next start what could not be added", async () => {
  keepLoneWake(home, "a", wake("first"));
  const add = async () => Promise.reject(new Error("the disk is full"));
  await (await takeLoneWakes({ home, add, log: quietLog })).close();
  expect(files()).toEqual(["a.json"]);
});
