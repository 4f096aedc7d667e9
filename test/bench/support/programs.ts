import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";

/** Whether a program can be started from the PATH. */
export function isInstalled(program: string, versionFlag: string): boolean {
  return spawnSync(program, [versionFlag], { stdio: "ignore" }).error === undefined;
}

export interface ForkedServer {
  port: number;
  pids(): readonly number[];
  stop(): Promise<void>;
}

export interface ForkOptions {
  /** How many processes share the port. Default 1. */
  processes?: number;
  /** Node's own flags. */
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Starts a module of this repository as processes of their own at one port of loopback. The module says the port by `serveParent`. */
export async function forkServer(
  module: URL,
  args: readonly string[] = [],
  { processes = 1, flags = [], env = {} }: ForkOptions = {},
): Promise<ForkedServer> {
  const children: ChildProcess[] = [];
  let port = 0;
  for (let index = 0; index < processes; index++) {
    const child = fork(module, args, {
      execArgv: [...process.execArgv, ...flags],
      env: { ...process.env, ...env, BENCH_PORT: String(port) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    children.push(child);
    port = Number(await messageOf(child));
  }
  return {
    port,
    pids: () => children.map(({ pid }) => pid!),
    stop: async () => void (await Promise.all(children.map(endChild))),
  };
}

/** The other side of `forkServer`. The process ends with its parent. */
export function serveParent(server: Server): void {
  process.on("disconnect", () => process.exit());
  const port = Number(process.env["BENCH_PORT"] ?? 0);
  // Many connections are opened at once.
  server.listen({ port, host: "127.0.0.1", reusePort: true, backlog: 4_096 }, () =>
    process.send?.((server.address() as AddressInfo).port),
  );
}

export interface Program {
  pid: number;
  stop(): Promise<void>;
}

/** Starts another program. Its output goes to a file. */
export async function startProgram(
  program: string,
  args: readonly string[],
  { output, env }: { output: string; env: Readonly<Record<string, string>> },
): Promise<Program> {
  const file = openSync(output, "a");
  try {
    const child = spawn(program, args, { stdio: ["ignore", file, file], env: { ...process.env, ...env } });
    await once(child, "spawn");
    return { pid: child.pid!, stop: () => endChild(child) };
  } finally {
    closeSync(file);
  }
}

export interface Task<Result> {
  result: Promise<Result>;
  /** Lets it know that it is to end what it does, and tell what it has. */
  finish(): void;
}

/** Starts a module of this repository in a process of its own, which does what the plan says and tells its result by `tellParent`. */
export function startTask<Result>(module: URL, plan: object, flags: readonly string[] = []): Task<Result> {
  const child = fork(module, [JSON.stringify(plan)], {
    execArgv: [...process.execArgv, ...flags],
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const result = messageOf(child).finally(() => child.kill()) as Promise<Result>;
  return { result, finish: () => void child.send("finish") };
}

/** The other side of `startTask`: the plan, as its first argument has it. */
export function readPlan<Plan>(): Plan {
  process.on("disconnect", () => process.exit());
  return JSON.parse(process.argv[2] ?? "{}") as Plan;
}

export function tellParent(result: unknown): void {
  process.send?.(result);
}

/** The next message of a child; rejects where it ends without. */
export async function messageOf(child: ChildProcess): Promise<unknown> {
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

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
