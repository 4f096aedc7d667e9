import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Berth } from "./berth.ts";

const run = promisify(execFile);

/** A developer's repository on disk, with a remote `berth`. */
export interface Repository {
  folder: string;
  write(files: Record<string, string>): void;
  /** Runs git and returns what it prints on its output; throws when it fails. */
  git(...args: string[]): Promise<string>;
  /** Commits all that is there. */
  commit(message: string): Promise<string>;
  push(...args: string[]): Promise<PushResult>;
  /** Pushes what is to be accepted and returns what the pusher saw; throws that where it is refused. */
  deploy(...args: string[]): Promise<string>;
  /** Begins a push that may be watched and interrupted. */
  startPush(...args: string[]): RunningPush;
  remove(): void;
}

export interface PushResult {
  ok: boolean;
  /** All that the pusher saw. */
  output: string;
}

export interface RunningPush {
  done: Promise<PushResult>;
  /** Resolves when the pusher has seen this text; rejects where the push ends without it. */
  sees(text: string): Promise<void>;
  /** Ends git with all that it has started, as when a laptop is closed. */
  kill(): void;
}

/** Makes a repository with these files, or with those of a folder, whose remote `berth` is the app of this name. */
export async function makeRepository(
  berth: Pick<Berth, "url" | "token">,
  app: string,
  files: Record<string, string> | string,
): Promise<Repository> {
  const folder = mkdtempSync(join(tmpdir(), "berth-repository-"));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.org",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${berth.url}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`ada:${berth.token()}`).toString("base64")}`,
  };
  const git = async (...args: string[]) => (await run("git", args, { cwd: folder, env })).stdout.trim();
  const repository: Repository = {
    folder,
    git,
    write(changed) {
      for (const [path, content] of Object.entries(changed)) {
        const file = join(folder, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
    async commit(message) {
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "-m", message);
      return await git("rev-parse", "HEAD");
    },
    push: (...args) => startPush(folder, env, args.length === 0 ? ["berth", "main"] : args).done,
    async deploy(...args) {
      const { ok, output } = await repository.push(...args);
      if (!ok) throw new Error(`the push was refused:\n${output}`);
      return output;
    },
    startPush: (...args) => startPush(folder, env, args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  if (typeof files === "string")
    cpSync(files, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  else repository.write(files);
  await git("init", "--quiet", "--initial-branch=main");
  await git("remote", "add", "berth", `${berth.url}/${app}.git`);
  await repository.commit("Begin");
  return repository;
}

function startPush(cwd: string, env: NodeJS.ProcessEnv, args: string[]): RunningPush {
  const child = spawn("git", ["push", ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const watchers = new Set<() => void>();
  let output = "";
  let hasEnded = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const watch of watchers) watch();
    });
  }
  const done = new Promise<PushResult>((resolve) => {
    child.on("close", (code) => {
      hasEnded = true;
      for (const watch of watchers) watch();
      resolve({ ok: code === 0, output });
    });
  });
  return {
    done,
    sees: (text) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          if (output.includes(text)) resolve();
          else if (hasEnded) reject(new Error(`the push ended without ${JSON.stringify(text)}:\n${output}`));
        };
        watchers.add(watch);
        watch();
      }),
    kill: () => void process.kill(-child.pid!, "SIGKILL"),
  };
}
