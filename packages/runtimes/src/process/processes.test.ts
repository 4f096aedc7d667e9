import { chown, mkdir, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
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
import { readStat } from "./keeper/proc.ts";
import { openProcessRuntime } from "./open-for-test.ts";
import type { ProcessUnderTest } from "./open-for-test.ts";
import { startProcessRuntime } from "./runtime.ts";

const userId = process.getuid?.() ?? 0;

let test: ProcessUnderTest;
beforeEach(async () => void (test = await openProcessRuntime()));
afterEach(() => test.dispose());

async function makeWorkload(program: string, changes: Parameters<typeof makeTestWorkload>[2] = {}) {
  return makeTestWorkload(await test.makeImage(appFolder), program, changes);
}

const hasEnded = (pid: number) => {
  const found = readStat(pid);
  return found === null || found.state === "Z";
};

describe("instances as processes", () => {
  it("cannot write to their own code, also where Berth runs as root, and have a folder that goes with them", async () => {
    const workload = await makeWorkload("server.mjs");
    await run(test.runtime, workload);
    await untilReady(test.runtime, workload.id);
    expect(await ask(test.runtime, workload.id, "/write-code")).toBe("EACCES");
    expect(await ask(test.runtime, workload.id, "/write-temp")).toBe("written");
    const folders = keeperPaths(test.home, userId).instancesFolder;
    expect((await readdir(folders)).length).toBe(1);
    await test.runtime.scale(workload.id, 0);
    await until("its folder is gone", async () => (await readdir(folders)).length === 0);
  });

  it("are ended with all they have started", async () => {
    const workload = await makeWorkload("family.mjs");
    await run(test.runtime, workload);
    await untilReady(test.runtime, workload.id);
    const child = Number(await ask(test.runtime, workload.id, "/"));
    expect(hasEnded(child)).toBe(false);
    await ask(test.runtime, workload.id, "/exit").catch(() => {});
    await until("the child of what has crashed is gone", () => hasEnded(child));
    await until("it was started again", async () => (await instances(test.runtime, workload.id))[0]?.restarts === 1);
    await untilReady(test.runtime, workload.id);
    const next = Number(await ask(test.runtime, workload.id, "/"));
    await test.runtime.remove(workload.id);
    expect(hasEnded(next)).toBe(true);
  });

  it("end gracefully behind a shell that does not pass signals on", async () => {
    const command = { shell: "node graceful-child.mjs; true" };
    const workload = await makeWorkload("", { command });
    await run(test.runtime, workload);
    await untilReady(test.runtime, workload.id);
    await test.runtime.scale(workload.id, 0);
    await until("it has ended", async () => (await instances(test.runtime, workload.id)).length === 0);
    expect((await readTail(test.runtime, workload.id)).map(({ text }) => text)).toContain("finished its work");
  });

  it("cannot fill the memory or the disk with output", async () => {
    const workload = await makeWorkload("flood.mjs", { service: "worker", health: null });
    await run(test.runtime, workload);
    await untilLogged(test.runtime, workload.id, "has written all");
    const folder = join(test.home, "logs/shop/production/worker", workload.id);
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(12 * 2 ** 20);
    const keeper = Number(await readFile(keeperPaths(test.home, userId).pidFile, "utf8"));
    const peakKib = Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${keeper}/status`, "utf8"))?.[1]);
    expect(peakKib).toBeLessThan(200 * 1024);
  });

  it("keep their port when they are started again, and never get a reserved one", async () => {
    const [first, last] = [27_000, 27_099];
    const reserved = new Set(Array.from({ length: 50 }, (_, index) => first + index * 2));
    const other = await openProcessRuntime({ ports: { first, last }, isPortReserved: (port) => reserved.has(port) });
    try {
      const workload = makeTestWorkload(await other.makeImage(appFolder), "server.mjs");
      await run(other.runtime, workload, 2);
      const before = await untilReady(other.runtime, workload.id, 2);
      for (const { endpoint } of before) expect(reserved.has(endpoint!.port)).toBe(false);
      await ask(other.runtime, workload.id, "/exit?code=1").catch(() => {});
      await until("it was started again", async () =>
        (await instances(other.runtime, workload.id)).some(({ restarts }) => restarts === 1),
      );
      const after = await untilReady(other.runtime, workload.id, 2);
      const ports = (all: typeof before) => all.map(({ endpoint }) => endpoint!.port).sort();
      expect(ports(after)).toEqual(ports(before));
    } finally {
      await other.dispose();
    }
  });

  it("keep the logs of the newest that have ended, and no more", async () => {
    const workload = await makeWorkload("worker.mjs", { service: "worker", health: null });
    await test.runtime.ensure(workload);
    for (let round = 0; round < 13; round++) {
      await test.runtime.scale(workload.id, 1);
      await test.runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(test.runtime, workload.id)).length === 0);
    }
    await test.runtime.scale(workload.id, 1);
    const folder = join(test.home, "logs/shop/production/worker", workload.id);
    expect((await readdir(folder)).length).toBeLessThanOrEqual(11);
  });
});

describe("a home", () => {
  it("may have a path that is too long for a socket", async () => {
    const parent = await mkdtemp(join(tmpdir(), "berth-long-"));
    const home = join(parent, "a".repeat(60), "b".repeat(60));
    await mkdir(home, { recursive: true });
    const other = await openProcessRuntime({ home });
    const { socketFolder } = keeperPaths(home, userId);
    const mode = (await stat(socketFolder)).mode & 0o777;
    const workload = makeTestWorkload(await other.makeImage(appFolder), "server.mjs");
    await run(other.runtime, workload);
    await untilReady(other.runtime, workload.id);
    await other.dispose();
    await rm(parent, { recursive: true });
    expect(mode).toBe(0o700);
    await expect(stat(socketFolder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it.skipIf(userId !== 0)(
    "is refused where its keeper's folder is somebody else's (needs root to make one)",
    async () => {
      const home = await mkdtemp(join(tmpdir(), "berth-foreign-"));
      await mkdir(join(home, "keeper"));
      await chown(join(home, "keeper"), 65_534, 65_534);
      await expect(startProcessRuntime({ ...test.deps, home })).rejects.toThrow("belongs to somebody else");
      await rm(home, { recursive: true });
    },
  );
});
