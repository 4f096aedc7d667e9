import { spawn } from "node:child_process";
import { readFile, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  appFolder,
  ask,
  instances,
  makeTestWorkload,
  readTail,
  run,
  until,
  untilLogged,
  untilReady,
} from "../conformance/helpers.ts";
import { keeperPaths } from "./keeper/paths.ts";
import { readProcesses, readStat } from "./keeper/proc.ts";
import { protocolVersion } from "./keeper/protocol.ts";
import { openProcessRuntime } from "./open-for-test.ts";
import type { ProcessUnderTest } from "./open-for-test.ts";
import { startProcessRuntime } from "./runtime.ts";

let test: ProcessUnderTest;
beforeEach(async () => void (test = await openProcessRuntime()));
afterEach(() => test.dispose());

const paths = () => keeperPaths(test.home, process.getuid?.() ?? 0);
const keeperPid = async () => Number(await readFile(paths().pidFile, "utf8"));

async function makeWorkload(program: string, changes: Parameters<typeof makeTestWorkload>[2] = {}) {
  return makeTestWorkload(await test.makeImage(appFolder), program, changes);
}

/** The keepers of this home that run. */
async function keepers(): Promise<number[]> {
  const found = await Promise.all(
    readProcesses().map(async ({ pid }) => {
      const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      return argv.some((word) => word.endsWith("keeper/main.ts")) && argv.includes(test.home) ? [pid] : [];
    }),
  );
  return found.flat();
}

const hasEnded = (pid: number) => {
  const found = readStat(pid);
  return found === null || found.state === "Z";
};

describe("the keeper", () => {
  it("is replaced after a kill -9: what it left is ended, and started again", async () => {
    const { runtime } = test;
    const workload = await makeWorkload("server.mjs");
    await run(runtime, workload, 2);
    const before = await untilReady(runtime, workload.id, 2);
    const pid = Number(await ask(runtime, workload.id, "/pid"));
    const keeper = await keeperPid();
    process.kill(keeper, "SIGKILL");
    await until("all were started again", async () =>
      (await instances(runtime, workload.id)).every(({ restarts, state }) => restarts === 1 && state === "ready"),
    );
    const after = await instances(runtime, workload.id);
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(hasEnded(pid)).toBe(true);
    expect(await keepers()).not.toContain(keeper);
    expect((await keepers()).length).toBe(1);
    expect((await readTail(runtime, workload.id)).map(({ text }) => text)).toContain(
      "was ended because the process that kept its output was lost",
    );
  });

  it("leaves no orphan when it is killed while no server runs", async () => {
    const workload = await makeWorkload("server.mjs");
    await run(test.runtime, workload);
    await untilReady(test.runtime, workload.id);
    const pid = Number(await ask(test.runtime, workload.id, "/pid"));
    await test.runtime.close();
    process.kill(await keeperPid(), "SIGKILL");
    const runtime = await test.reopen();
    await until("it was ended", () => hasEnded(pid));
    await until("nothing is left", async () => (await runtime.observe()).workloads.size === 0);
    await run(runtime, workload);
    await untilReady(runtime, workload.id);
    expect(hasEnded(pid)).toBe(true);
  });

  it("finds instances that its state file does not name", async () => {
    const workload = await makeWorkload("server.mjs");
    await run(test.runtime, workload);
    await untilReady(test.runtime, workload.id);
    const pid = Number(await ask(test.runtime, workload.id, "/pid"));
    await test.runtime.close();
    process.kill(await keeperPid(), "SIGKILL");
    await rm(paths().stateFile);
    await test.reopen();
    await until("it was ended", () => hasEnded(pid));
    expect(hasEnded(pid)).toBe(true);
  });

  it("keeps instances, with their output and how they ended, while the server is dead", async () => {
    const workload = await makeWorkload("server.mjs");
    const root = join(test.home, "images", workload.image.replace(":", "-"));
    const server = spawn(
      process.execPath,
      [join(import.meta.dirname, "fixtures/server.mjs"), test.home, root, JSON.stringify(workload)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((resolve) => server.stdout.once("data", resolve));
    await test.runtime.close();
    server.kill("SIGKILL");
    await new Promise((resolve) => server.once("exit", resolve));

    const { instances: kept } = JSON.parse(await readFile(paths().stateFile, "utf8")) as {
      instances: { instance: { port: number } }[];
    };
    const address = `http://127.0.0.1:${kept[0]?.instance.port}`;
    expect(await (await fetch(`${address}/say?text=alone`)).text()).toBe("hello");
    await fetch(`${address}/exit?code=5`).catch(() => {});

    const runtime = await test.reopen();
    await untilLogged(runtime, workload.id, "exited with code 5");
    await untilLogged(runtime, workload.id, "alone");
    const [instance] = await untilReady(runtime, workload.id);
    expect(instance).toMatchObject({ restarts: 1, lastExit: { code: 5 } });
  });

  it("is one, however many servers start at once", async () => {
    await test.runtime.shutdown();
    const runtimes = await Promise.all(Array.from({ length: 4 }, () => startProcessRuntime(test.deps)));
    await until("those that came second have ended", async () => (await keepers()).length === 1);
    for (const runtime of runtimes) expect((await runtime.observe()).workloads.size).toBe(0);
    await Promise.all(runtimes.map((runtime) => runtime.close()));
  });

  it("takes the place of one that speaks another version, and says so", async () => {
    await test.runtime.shutdown();
    await until("the keeper has ended", async () => (await keepers()).length === 0);
    const asked: string[] = [];
    const old = createServer((socket) => {
      socket.on("data", (chunk: Buffer) => {
        const { re, request } = JSON.parse(chunk.toString()) as { re: number; request: { type: string } };
        asked.push(request.type);
        const value = { protocol: protocolVersion - 1, pid: 0, desires: [], instances: [] };
        if (request.type === "hello") socket.write(`${JSON.stringify({ re, ok: true, value })}\n`);
        if (request.type !== "end") return;
        old.close();
        socket.end();
      });
    });
    await new Promise<void>((resolve) => old.listen(paths().socket, resolve));
    await test.reopen();
    expect(asked).toEqual(["hello", "end"]);
    expect(test.logged).toContainEqual(expect.stringMatching(/^warn: The keeper is of another version/));
    expect((await keepers()).length).toBe(1);
  });

  it("lets nobody else into its folder", async () => {
    expect((await stat(paths().folder)).mode & 0o777).toBe(0o700);
    expect((await stat(paths().stateFile).catch(() => stat(paths().pidFile))).mode & 0o077).toBe(0);
  });

  it("writes nothing of an instance's environment to the disk", async () => {
    const workload = await makeWorkload("server.mjs", { env: { PASSWORD: "correct-horse" } });
    await run(test.runtime, workload);
    await untilReady(test.runtime, workload.id);
    for (const name of await readdir(paths().folder)) {
      const text = await readFile(join(paths().folder, name), "utf8").catch(() => "");
      expect(text).not.toContain("correct-horse");
    }
  });

  it("ends with its home", async () => {
    expect((await keepers()).length).toBe(1);
    await test.runtime.shutdown();
    await until("it has ended", async () => (await keepers()).length === 0);
    expect(await readdir(paths().folder)).not.toContain("keeper.sock");
  });
});
