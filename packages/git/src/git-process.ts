import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { BerthError, hasCode } from "@berth/core";

/** How long git waits for another that holds the lock of a ref. */
export const refLockTimeoutMs = 3_000;

export interface GitSettings {
  /** The folders in which git is looked for, as in PATH. */
  searchPath: string;
  hooksFolder: string;
  /** Comes first in git's PATH: it holds the Node that the hook runs on. */
  binFolder: string;
  /** The most that one push may bring. */
  maxPushBytes: number;
}

/** git, spawned directly and with nothing of the machine's or the user's configuration. */
export interface Git {
  /** Streams for the caller. */
  spawn(args: readonly string[], options?: GitSpawnOptions): GitChild;
  /** Runs to the end. A non-zero exit is a result, not an error. */
  run(args: readonly string[], input?: string): Promise<GitResult>;
  /** Runs to the end and returns its output; a non-zero exit is `git.failed`. */
  output(args: readonly string[]): Promise<string>;
}

export interface GitSpawnOptions {
  /** Added to git's own environment. */
  env?: Record<string, string>;
  /** Whether `stdio[3]` is a socket, which git hands on to its hooks. */
  hasSocket?: boolean;
}

export type GitChild = ChildProcessByStdio<Writable, Readable, Readable>;

export interface GitResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The one environment that every git here runs in. */
export function makeGitEnv(settings: GitSettings): Record<string, string> {
  const config: [string, string][] = [
    ["core.hooksPath", settings.hooksFolder],
    // BERTH_HOME may belong to someone else than who runs the server, as after `sudo`.
    ["safe.directory", "*"],
    // Everything but tags is the server's to decide: branches deploy, and nothing else is a ref of an app.
    ["receive.procReceiveRefs", "adm!:refs/tags"],
    ["receive.advertiseAtomic", "false"],
    ["receive.maxInputSize", String(settings.maxPushBytes)],
    ["receive.autogc", "false"],
    ["gc.auto", "0"],
    ["gc.autoDetach", "false"],
    ["core.filesRefLockTimeout", String(refLockTimeoutMs)],
    ["core.packedRefsTimeout", String(refLockTimeoutMs)],
    // Larger contents pass through git piece by piece, neither held whole nor compared with others.
    ["core.bigFileThreshold", "16m"],
    ["uploadpack.allowFilter", "true"],
    ["uploadpack.hideRefs", "refs/berth"],
  ];
  const numbered = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    PATH: `${settings.binFolder}:${settings.searchPath}`,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_DEFAULT_REF_FORMAT: "files",
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(numbered),
  };
}

export function makeGit(settings: GitSettings): Git {
  const env = makeGitEnv(settings);

  function start(args: readonly string[], { env: extraEnv, hasSocket = false }: GitSpawnOptions = {}): GitChild {
    const options = { env: { ...env, ...extraEnv }, cwd: "/" };
    return hasSocket
      ? spawn("git", args, { ...options, stdio: ["pipe", "pipe", "pipe", "pipe"] })
      : spawn("git", args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  }

  async function run(args: readonly string[], input = ""): Promise<GitResult> {
    const child = start(args);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const [stdout, stderr, code] = await Promise.all([captured(child.stdout), captured(child.stderr), exitOf(child)]);
    return { code, stdout, stderr };
  }

  return {
    spawn: start,
    run,
    async output(args) {
      const result = await run(args);
      if (result.code !== 0) throw gitFailed(args, result);
      return result.stdout;
    },
  };
}

export function gitFailed(args: readonly string[], { code, stderr }: Pick<GitResult, "code" | "stderr">): BerthError {
  const command = args.find((arg) => !arg.startsWith("-")) ?? "";
  return new BerthError("git.failed", `git ${command} ended with ${code ?? "a signal"}.`, {
    details: stderr.split("\n").filter((line) => line !== ""),
  });
}

/** The exit code, null where a signal ended it. A git that cannot be started at all is told as what to install. */
export function exitOf(child: GitChild): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("close", (code) => resolve(code));
    child.once("error", (error) => reject(hasCode(error, "ENOENT") ? gitIsMissing(error) : error));
  });
}

function gitIsMissing(cause: Error): BerthError {
  return new BerthError("git.failed", "git is not installed on the server.", {
    hint: "Install git 2.39 or newer and see that it is in PATH.",
    cause,
  });
}

async function captured(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
