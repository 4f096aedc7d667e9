import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readStat } from "./proc.ts";
import { startRunning } from "./running.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-left-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** An instance that starts a daemon, in a session of its own, and goes on or ends. */
function start(id: string, daemon: string, then: string) {
  const folder = join(home, id);
  const script = `
    const { pid } = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(daemon)}], {
      detached: true, stdio: "ignore",
    });
    require("node:fs").writeFileSync(${JSON.stringify(join(home, `${id}.pid`))}, String(pid));
    ${then}`;
  return startRunning({
    id,
    workload: "w",
    app: "shop",
    environment: "production",
    service: "web",
    argv: [process.execPath, "-e", script],
    cwd: home,
    env: { PATH: "/usr/bin:/bin", HOME: folder, TMPDIR: folder },
    port: 0,
    folder,
    logFile: join(home, `${id}.log`),
    memoryLimitBytes: 2 ** 30,
    stopGraceMs: 5_000,
    restarts: 0,
    failures: 0,
  });
}

async function daemonOf(id: string): Promise<number> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const pid = Number(await readFile(join(home, `${id}.pid`), "utf8").catch(() => ""));
    if (pid > 0) return pid;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("The daemon was not started in time.");
}

function isRunning(pid: number): boolean {
  return !["Z", "X"].includes(readStat(pid)?.state ?? "X");
}

it("ends a daemon with the instance that started it, and no other instance's", async () => {
  const forever = "setInterval(() => {}, 1000)";
  const [stopped, other] = [start("one", forever, forever), start("other", forever, forever)];
  const [daemon, others] = [await daemonOf("one"), await daemonOf("other")];
  expect([isRunning(daemon), isRunning(others)]).toEqual([true, true]);
  stopped.stop();
  await stopped.ended;
  await gone(daemon);
  expect(isRunning(others)).toBe(true);
  other.stop();
  await other.ended;
  await gone(others);
});

it("kills what an instance that ended by itself has left, also where it would not end", async () => {
  const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
  const { ended } = start("two", stubborn, "process.exit(3)");
  expect(await ended).toMatchObject({ code: 3 });
  await gone(await daemonOf("two"));
});

async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (isRunning(pid)) {
    if (Date.now() > deadline) throw new Error(`${pid} still runs.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
