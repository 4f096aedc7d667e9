import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AtTerminal, startAtTerminal } from "../support/at-terminal.ts";
import type { Berth } from "../support/berth.ts";

const root = join(import.meta.dirname, "../..");
const main = join(root, "apps/cli/src/main.ts");

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface RunOptions {
  cwd?: string;
  input?: string | Buffer;
  env?: Record<string, string>;
}

/** A person at a machine: a home, a folder to work in, and the command `berth`. */
export interface Person {
  folder: string;
  berth(args: string[], options?: RunOptions): Promise<Ran>;
  /** Runs a command with `--json` and reads what it prints. */
  json<T>(args: string[], options?: RunOptions): Promise<T>;
  git(...args: string[]): Promise<Ran>;
  write(files: Record<string, string>): void;
  /** Begins a command at a terminal of its own. */
  atTerminal(args: string[], size: { columns: number; rows: number }): AtTerminal;
  /** Begins a command that is to be interrupted. */
  start(args: string[], options?: RunOptions): Running;
  remove(): void;
}

export interface Running {
  pid: number;
  output(): string;
  interrupt(): void;
  done: Promise<Ran>;
}

/** Someone with the local user's tokens of a server, or with a BERTH_HOME of their own. */
export function makePerson(berth: Pick<Berth, "home">, ownHome?: string): Person {
  const folder = mkdtempSync(join(tmpdir(), "berth-person-"));
  const env = {
    PATH: process.env["PATH"],
    HOME: dirname(folder),
    BERTH_HOME: ownHome ?? berth.home,
    // As bin/berth has it.
    NODE_COMPILE_CACHE: join(root, ".tools/compile-cache"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.org",
  };
  const start = (program: string, args: readonly string[], options: RunOptions = {}) =>
    follow(
      spawn(program, args, { cwd: options.cwd ?? folder, env: { ...env, ...options.env }, stdio: "pipe" }),
      options.input,
    );
  const run: Person["berth"] = (args, options) => start(process.execPath, [main, ...args], options).done;
  return {
    folder,
    berth: run,
    async json<T>(args: string[], options?: RunOptions) {
      const { code, out, err } = await run([...args, "--json"], options);
      if (code > 1) throw new Error(`berth ${args.join(" ")} exited with ${code}: ${err}`);
      const value: T = JSON.parse(out);
      return value;
    },
    git: (...args) => start("git", args).done,
    write(files) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
    },
    start: (args, options) => start(process.execPath, [main, ...args], options),
    atTerminal: (args, size) => startAtTerminal([process.execPath, main, ...args], { cwd: folder, env, ...size }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function follow(child: ChildProcess, input: string | Buffer = ""): Running {
  let out = "";
  let err = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (err += text));
  // A command that reads no input may have ended before it comes.
  child.stdin!.on("error", () => undefined).end(input);
  const done = once(child, "close").then(([code]: unknown[]) => ({ code: Number(code ?? -1), out, err }));
  return { pid: child.pid!, output: () => out + err, interrupt: () => void child.kill("SIGINT"), done };
}

/** A small app that answers with a text and logs where it listens. */
export function helloApp(text: string): Record<string, string> {
  return {
    "package.json": JSON.stringify({ name: "hello", scripts: { start: "node server.js" } }),
    "server.js": `require("node:http").createServer((q, s) => { console.log("asked for", q.url); s.end(${JSON.stringify(text)}); })
      .listen(process.env.PORT, () => console.log("listening"));`,
  };
}
