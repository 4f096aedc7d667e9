import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const execute = promisify(execFile);
const script = join(import.meta.dirname, "..", "scripts", "measure-large.ts");

it("makes a layer of 250 MB in a process that never has as much memory", async () => {
  const { stdout } = await execute(process.execPath, [script, "250", "60"]);
  expect(stdout).toContain("250 MB in ");
  const megabytes = Number(/memory at most (\d+) MB/.exec(stdout)?.[1]);
  expect(megabytes).toBeGreaterThan(30);
  expect(megabytes).toBeLessThan(300);
}, 180_000);
