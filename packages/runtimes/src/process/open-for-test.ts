import { createHash } from "node:crypto";
import { chmod, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandom } from "@berth/core";
import type { Digest, Log } from "@berth/core";
import type { RuntimeUnderTest } from "../conformance/runtime-under-test.ts";
import { keeperPaths } from "./keeper/paths.ts";
import { findByFolder } from "./keeper/proc.ts";
import { startProcessRuntime } from "./runtime.ts";
import type { ProcessRuntimeDeps } from "./runtime.ts";

export interface ProcessUnderTest extends RuntimeUnderTest {
  home: string;
  deps: ProcessRuntimeDeps;
  /** What was logged, `level: message` each. */
  logged: string[];
}

/** A process runtime in a home of its own, with images that are read-only copies of folders. */
export async function openProcessRuntime(changes: Partial<ProcessRuntimeDeps> = {}): Promise<ProcessUnderTest> {
  const home = changes.home ?? (await mkdtemp(join(tmpdir(), "berth-process-")));
  const logged: string[] = [];
  const deps: ProcessRuntimeDeps = {
    home,
    platform: { os: "linux", architecture: "amd64", libc: "glibc" },
    clock: systemClock,
    random: systemRandom,
    log: makeListLog(logged),
    node: process.execPath,
    unpack: async (digest) => ({ root: imageFolder(home, digest), workdir: "/", env: {}, programs: [] }),
    workerReadyAfterMs: 200,
    ...changes,
  };
  let runtime = await startProcessRuntime(deps);
  return {
    home,
    deps,
    logged,
    readyAtSlackMs: 0,
    restartsAtOnce: false,
    ownVariables: ["HOME", "LANG", "PATH", "TMPDIR"],
    get runtime() {
      return runtime;
    },
    async makeImage(folder) {
      const digest: Digest = `sha256:${createHash("sha256").update(folder).digest("hex")}`;
      await cp(folder, imageFolder(home, digest), { recursive: true });
      await makeReadOnly(imageFolder(home, digest));
      return digest;
    },
    remains: async () => findByFolder(keeperPaths(home, process.getuid?.() ?? 0).instancesFolder).length,
    async reopen() {
      await runtime.close();
      runtime = await startProcessRuntime(deps);
      return runtime;
    },
    async dispose() {
      await runtime.close();
      await (await startProcessRuntime(deps)).shutdown();
      await makeWritable(home);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function imageFolder(home: string, digest: Digest): string {
  return join(home, "images", digest.replace(":", "-"));
}

async function makeReadOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) await chmod(join(folder, entry), 0o444);
  await chmod(folder, 0o555);
}

async function makeWritable(home: string): Promise<void> {
  const folders = await readdir(join(home, "images")).catch(() => []);
  for (const name of folders) await chmod(join(home, "images", name), 0o755);
}

function makeListLog(logged: string[]): Log {
  const add = (level: string) => (_: object, message: string) => void logged.push(`${level}: ${message}`);
  return { debug: add("debug"), info: add("info"), warn: add("warn"), error: add("error") };
}
