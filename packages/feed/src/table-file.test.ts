import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@berth/core";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openTableFile } from "./table-file.ts";
import { tables } from "./testing/tables.ts";

let folder: string;
const warnings: string[] = [];
const say = (_: object, message: string) => void warnings.push(message);
const deps = { clock: systemClock, log: { debug: say, info: say, warn: say, error: say } };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-table-"));
  warnings.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

it("gives back what was written last", async () => {
  const [first, ...others] = fc.sample(tables, 5);
  const file = openTableFile(join(folder, "router", "table.json"), deps);
  expect(file.read()).toBeNull();
  file.write(first!);
  for (const table of others) file.write(table);
  await file.flush();
  expect(file.read()).toEqual(others.at(-1));
  expect(readdirSync(join(folder, "router"))).toEqual(["table.json"]);
  expect(warnings).toEqual([]);
});

it("has none where the file is damaged, and says so", () => {
  const path = join(folder, "table.json");
  for (const text of ['{"version":', '{"version":1}', ""]) {
    writeFileSync(path, text);
    expect(openTableFile(path, deps).read()).toBeNull();
  }
  expect(warnings).toHaveLength(3);
});
