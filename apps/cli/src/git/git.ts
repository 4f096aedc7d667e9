import { spawn } from "node:child_process";
import { once } from "node:events";
import { BerthError, hasCode } from "@berth/core/errors";

export interface GitResult {
  code: number;
  output: string;
  errors: string;
}

export interface GitOptions {
  /** The folder it runs in; the current one unless given. */
  cwd?: string;
  /** Further environment variables; those that are undefined are removed. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Called with each line of the error output as it comes, which then is not kept. */
  onErrorLine?: (line: string) => void;
  signal?: AbortSignal;
}

export interface Git {
  /** Runs git and resolves with what it printed, however it ended. Rejects with `git.failed` where there is no git. */
  run(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** Runs git and resolves with its trimmed output. Rejects with `git.failed` and its last lines where it fails. */
  read(args: readonly string[], options?: GitOptions): Promise<string>;
  /** Runs git on an input and gives what it prints as it comes. Throws `git.failed` at its end where it fails. */
  stream(args: readonly string[], input: string, options?: GitOptions): AsyncGenerator<Uint8Array, void>;
}

/** Git as a program of the machine, called with argv only. It never asks questions. */
export function makeGit(cwd: string, env: Readonly<Record<string, string | undefined>>): Git {
  const settingsOf = (options: GitOptions) => ({
    cwd: options.cwd ?? cwd,
    env: { ...env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C", ...options.env },
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  const run: Git["run"] = (args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn("git", args, { ...settingsOf(options), stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      let errors = "";
      const line = options.onErrorLine && splitLines(options.onErrorLine);
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (line ? line(text) : (errors += text)));
      child.on("error", (error) => reject(options.signal?.aborted === true ? error : cannotStart(error)));
      child.on("close", (code) => {
        line?.("\n");
        resolve({ code: code ?? 1, output, errors });
      });
    });
  return {
    run,
    async read(args, options) {
      const { code, output, errors } = await run(args, options);
      if (code === 0) return output.trimEnd();
      throw failed(args, errors);
    },
    async *stream(args, input, options = {}) {
      const child = spawn("git", args, { ...settingsOf(options), stdio: ["pipe", "pipe", "pipe"] });
      const ended = once(child, "close");
      // Told at the end; until then a failure must not end the process.
      ended.catch(() => undefined);
      let errors = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
      child.stdin.on("error", () => undefined).end(input);
      try {
        yield* child.stdout as AsyncIterable<Uint8Array>;
        const [code] = (await ended.catch((error: Error) => Promise.reject(cannotStart(error)))) as [number | null];
        if (code !== 0) throw failed(args, errors);
      } finally {
        child.kill();
      }
    },
  };
}

function failed(args: readonly string[], errors: string): BerthError {
  const details = errors.trim().split("\n").slice(-5);
  return new BerthError("git.failed", `git ${args.find((arg) => /^[a-z]/.test(arg)) ?? ""} failed.`, { details });
}

function cannotStart(error: Error): BerthError {
  const isMissing = hasCode(error, "ENOENT");
  return new BerthError(
    "git.failed",
    isMissing ? "git is not installed." : `git cannot be started: ${error.message}.`,
    {
      hint: isMissing ? "Install it, such as with: apt-get install git" : "Try: git --version",
      cause: error,
    },
  );
}

/** Hands on whole lines without their ends; what a progress bar draws over is left out. */
function splitLines(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const drawn = line.trimEnd().split("\r").at(-1)!;
      if (drawn !== "") onLine(drawn);
    }
  };
}
