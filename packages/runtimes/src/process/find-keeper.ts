import { BerthError } from "@berth/core";
import type { Clock, Log } from "@berth/core";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { getCompileCacheDir } from "node:module";
import { dirname, join } from "node:path";
import { makeWrapper, readOwnStatus } from "./confine.ts";
import { openConnection } from "./keeper-connection.ts";
import type { KeeperConnection } from "./keeper-connection.ts";
import type { KeeperPaths } from "./keeper/paths.ts";
import { protocolVersion } from "./keeper/protocol.ts";
import { makePrivateFolder } from "./private-folder.ts";

export interface FindKeeperDeps {
  home: string;
  paths: KeeperPaths;
  userId: number;
  node: string;
  clock: Clock;
  log: Log;
}

const program = join(import.meta.dirname, "keeper", "main.ts");
const pollMs = 5;
const placeTakenPollMs = 100;
const maxOutputBytes = 2 ** 20;
/** Longer than any sensible grace: a keeper that is ending may hold on to the home that long. */
const deadlineMs = 60_000;

/**
 * Connects to the home's keeper, and starts one where there is none. A keeper that speaks another version of the protocol is
 * asked to end, with its instances, and a new one takes its place. Throws `keeper.unreachable`.
 */
export async function findKeeper(deps: FindKeeperDeps, signal: AbortSignal): Promise<KeeperConnection> {
  const { clock, log, paths } = deps;
  await makePrivateFolder(paths.folder, deps.userId);
  await makePrivateFolder(paths.socketFolder, deps.userId);
  const deadline = clock.now() + deadlineMs;
  let child: ChildProcess | null = null;
  while (!signal.aborted && clock.now() < deadline) {
    const connection = await openConnection(paths.socket);
    if (connection?.hello.protocol === protocolVersion) return connection;
    if (connection) {
      const theirs = connection.hello.protocol;
      log.warn(
        { theirs, ours: protocolVersion },
        "The keeper is of another version of Berth: its instances are stopped and started by a new one",
      );
      await connection.request({ type: "end" }).catch(() => {});
      await connection.closed;
      continue;
    }
    if (child && hasFailed(child)) break;
    if (child === null || hasEnded(child)) child = await startKeeper(deps);
    // One that has ended at once has met another in its place.
    await clock.sleep(hasEnded(child) ? placeTakenPollMs : pollMs, signal);
  }
  throw new BerthError("keeper.unreachable", "The keeper of the instances could not be started.", {
    path: paths.outputFile,
    hint: "See its last lines; a full disk or an unreadable BERTH_HOME are usual causes.",
    details: await lastLines(paths.outputFile),
  });
}

/** A keeper that finds another in its place ends with code 0. */
function hasFailed(child: ChildProcess): boolean {
  return child.pid === undefined || (hasEnded(child) && child.exitCode !== 0);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Starts a keeper in a session of its own, so that nothing that ends the server ends it. */
async function startKeeper({ home, paths, node }: FindKeeperDeps): Promise<ChildProcess> {
  const output = await open(paths.outputFile, "a", 0o600);
  try {
    if ((await output.stat()).size > maxOutputBytes) await output.truncate();
    const [file = node, ...argv] = [
      ...makeWrapper(await readOwnStatus()),
      node,
      "--max-semi-space-size=1",
      program,
      home,
    ];
    const child = spawn(file, argv, {
      cwd: "/",
      // With its own files already stripped of types it starts in a third of the time and in two thirds of the memory.
      env: { NODE_COMPILE_CACHE: compileCacheFolder() ?? join(paths.folder, "cache") },
      detached: true,
      stdio: ["ignore", output.fd, output.fd],
    });
    child.once("error", () => {});
    child.unref();
    return child;
  } finally {
    await output.close();
  }
}

/** The cache this process uses, where it uses one: a keeper of any home finds its files there. */
function compileCacheFolder(): string | null {
  const ownFolder = getCompileCacheDir();
  return ownFolder === undefined ? null : dirname(ownFolder);
}

async function lastLines(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-10);
}
