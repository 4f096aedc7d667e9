import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const lock = new URL("./lock.mjs", import.meta.url).href;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a process that runs `work` under the lock in `folder`. */
function start(work: string) {
  const program = `
    import { appendFileSync } from "node:fs"
    import { setTimeout as sleep } from "node:timers/promises"
    import { withLock } from ${JSON.stringify(lock)}
    const write = (word) => appendFileSync("log", word + "\\n")
    await withLock("lock", async () => { ${work} })`;
  return spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, stdio: "ignore" });
}

test("of several processes one works at a time", async () => {
  const processes = [1, 2, 3, 4].map(() => start('write("in"); await sleep(20); write("out")'));
  const codes = await Promise.all(processes.map(async (one) => (await once(one, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("in\nout\n".repeat(4));
});

test("the lock of a process that was killed does not keep others out", async () => {
  await once(start('process.kill(process.pid, "SIGKILL")'), "exit");
  expect(readFileSync(join(folder, "lock"), "utf8")).toContain("pid");
  const [code] = await once(start('write("in")'), "exit");
  expect([code, readFileSync(join(folder, "log"), "utf8")]).toEqual([0, "in\n"]);
});
