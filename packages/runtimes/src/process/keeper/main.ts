/**
 * The keeper: a small process that outlives the server. It owns the instances of one BERTH_HOME, with their output and exit
 * codes, and starts and stops them as the server asks. It imports nothing but Node, the files beside it, and those that write logs.
 *
 * argv: the home, as an absolute path.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { makeConnections } from "./connections.ts";
import { Instances } from "./instances.ts";
import { acquireLock } from "./lock.ts";
import { keeperPaths } from "./paths.ts";
import { protocolVersion } from "./protocol.ts";
import type { Desire, Hello, KeeperRequest } from "./protocol.ts";
import { startUsageWatch } from "./usage-watch.ts";

/** A keeper that has nothing to keep and nobody to serve ends after this. */
const idleMs = 30_000;
const upkeepMs = 5_000;

const home = process.argv[2] ?? "";
const paths = keeperPaths(home, process.getuid?.() ?? 0);

// The server's Ctrl-C reaches the whole terminal; what ends the keeper is `end`.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
process.on("SIGTERM", () => void end());

if (!(await acquireLock(paths.tokenFile))) process.exit(0);

const desires = new Map<string, Desire>();
const instances = new Instances({
  stateFile: paths.stateFile,
  instancesFolder: paths.instancesFolder,
  emit: (event) => connections.broadcast(event),
});
let idleSince = Date.now();
let ending: Promise<void> | null = null;
const connections = makeConnections(answer, () => (idleSince = Date.now()));

instances.recover();
listen();
writeFileSync(paths.pidFile, `${process.pid}\n`, { mode: 0o600 });
startUsageWatch(instances);
setInterval(upkeep, upkeepMs);
flushCompileCache();

function answer(request: KeeperRequest): unknown {
  switch (request.type) {
    case "hello":
      return {
        protocol: protocolVersion,
        pid: process.pid,
        desires: [...desires.values()],
        instances: instances.list(),
      } satisfies Hello;
    case "desire":
      return void desires.set(request.desire.workload.id, request.desire);
    case "forget":
      return void desires.delete(request.workload);
    case "start":
      if (ending) throw new Error("The keeper is ending.");
      return void instances.start(request.spec);
    case "stop":
      return instances.stop(request.instance);
    case "drop":
      return instances.drop(request.instance);
    case "ready":
      return instances.markReady(request.instance, request.at, request.host);
    case "note":
      return instances.note(request.instance, request.text);
    case "end":
      return end();
  }
}

function listen(): void {
  mkdirSync(paths.socketFolder, { recursive: true, mode: 0o700 });
  rmSync(paths.socket, { force: true });
  connections.server.listen(paths.socket);
}

/** Stops everything and this process; no new server finds it meanwhile. */
function end(): Promise<void> {
  ending ??= (async () => {
    rmSync(paths.socket, { force: true });
    connections.server.close();
    desires.clear();
    await instances.stopAll();
    rmSync(paths.stateFile, { force: true });
    rmSync(paths.pidFile, { force: true });
    if (paths.socketFolder !== paths.folder) rmSync(paths.socketFolder, { recursive: true, force: true });
    // After the answer to whoever asked has been written.
    setTimeout(() => process.exit(0), 10);
  })();
  return ending;
}

/** A keeper that nobody can reach or needs does not stay. */
function upkeep(): void {
  if (ending) return;
  if (!existsSync(paths.folder)) return void end();
  if (!existsSync(paths.socket)) {
    connections.server.close();
    listen();
  }
  const isNeeded = connections.count() > 0 || instances.list().length > 0;
  if (isNeeded) idleSince = Date.now();
  else if (Date.now() - idleSince > idleMs) void end();
}
