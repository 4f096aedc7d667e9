import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** Whether a program can be started from the PATH. */
export function isInstalled(program: string, versionFlag: string): boolean {
  return spawnSync(program, [versionFlag], { stdio: "ignore" }).error === undefined;
}

export interface ForkedServer {
  port: number;
  pid: number;
  /** CPU time that the process has used, in microseconds. */
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a module of this repository as a process of its own. The module says its port by `serveParent`. */
export async function forkServer(module: URL, args: readonly string[] = []): Promise<ForkedServer> {
  const child = fork(module, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const port = Number(await answerOf(child));
  return {
    port,
    pid: child.pid ?? 0,
    async cpuUs() {
      child.send("cpu");
      return Number(await answerOf(child));
    },
    stop: () => stop(child),
  };
}

/** The other side of `forkServer`. The process ends with its parent. */
export function serveParent(port: number): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.on("disconnect", () => process.exit());
  process.send?.(port);
}

/** Starts another program and leaves its output to the terminal. */
export async function startProgram(program: string, args: readonly string[]): Promise<{ stop(): Promise<void> }> {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  await once(child, "spawn");
  return { stop: () => stop(child) };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const heard = new AbortController();
  const { signal } = heard;
  try {
    const ended = once(child, "exit", { signal }).then(() => {
      throw new Error(`${child.spawnargs.join(" ")} has ended.`);
    });
    ended.catch(() => {});
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message;
  } finally {
    heard.abort();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
