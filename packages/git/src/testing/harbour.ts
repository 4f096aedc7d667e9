import { spawn } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Actor, quietLog, type Role, systemClock, systemRandom } from "@berth/core";
import { type GitServer, type GitServerDeps, startGitServer } from "../git-server.ts";
import { makeMemoryDeployments, type MemoryDeployments } from "./memory-deployments.ts";
import { makeMemoryStore, type MemoryStore } from "./memory-store.ts";

export const searchPath = process.env["PATH"] ?? "/usr/bin:/bin";

export interface GitRun {
  code: number | null;
  /** Both streams as they came. */
  output: string;
}

/** A git server on a port of its own, with a folder for working copies. */
export interface Harbour {
  folder: string;
  port: number;
  store: MemoryStore;
  deployments: MemoryDeployments;
  server: GitServer;
  /** The URL of an app's repository, with a token in it. */
  url(app: string, token?: string): string;
  /** Runs the git client. `onOutput` sees what it prints while it runs. */
  git(cwd: string, args: readonly string[], options?: GitOptions): Promise<GitRun>;
  /** A working copy with these files in one commit on `main`. */
  workingCopy(name: string, files: Record<string, string>): Promise<string>;
  /** Writes files and commits them. Returns the commit. */
  commit(copy: string, files: Record<string, string>, message?: string): Promise<string>;
  /** What the server's repository says a ref is at; empty where there is none. */
  refAt(app: string, ref: string): Promise<string>;
  /** Cuts all connections, as when the network of every pusher fails. */
  disconnect(): void;
  close(): Promise<void>;
}

export interface GitOptions {
  onOutput?: (text: string) => void;
  signal?: AbortSignal;
  input?: string | Buffer;
}

/** Whoever's token is `<person>-<role>`. */
export async function authenticate(token: string): Promise<Actor | null> {
  const [person, role] = token.split("-");
  return person && role ? { person, role: role as Role } : null;
}

export async function startHarbour(options: Partial<GitServerDeps> = {}): Promise<Harbour> {
  const folder = await mkdtemp(join(tmpdir(), "berth git "));
  const store = makeMemoryStore();
  const deployments = makeMemoryDeployments(store, () => server.refs);
  const server: GitServer = await startGitServer({
    home: join(folder, "home"),
    node: process.execPath,
    searchPath,
    authenticate,
    apps: store.apps,
    environments: store.environments,
    operations: store.operations,
    deployments: () => deployments,
    url: ({ app, environment }) => `http://${app}.test/${environment}`,
    pushBegins: () => undefined,
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
    ...options,
  });
  const http = createServer((request, response) => void server.handle(request, response));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;

  async function succeed(cwd: string, ...args: string[]): Promise<string> {
    const run = await runGit(cwd, args);
    if (run.code !== 0) throw new Error(`git ${args.join(" ")}: ${run.output}`);
    return run.output.trim();
  }

  async function commit(copy: string, files: Record<string, string>, message = "Change it"): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), text);
    }
    await succeed(copy, "add", "--all");
    await succeed(copy, "commit", "--quiet", "--allow-empty", "-m", message);
    return succeed(copy, "rev-parse", "HEAD");
  }

  return {
    folder,
    port,
    store,
    deployments,
    server,
    url: (app, token = "ada-deployer") => `http://x:${token}@127.0.0.1:${port}/${app}.git`,
    git: runGit,
    commit,
    async workingCopy(name, files) {
      const copy = join(folder, name);
      await mkdir(copy);
      await succeed(copy, "init", "--quiet", "--initial-branch=main");
      await commit(copy, files, "Begin");
      return copy;
    },
    async refAt(app, ref) {
      const gitDir = join(folder, "home/git", `${app}.git`);
      const { code, output } = await runGit(folder, [`--git-dir=${gitDir}`, "rev-parse", "--verify", "--quiet", ref]);
      return code === 0 ? output.trim() : "";
    },
    disconnect: () => http.closeAllConnections(),
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

const clientEnv = {
  PATH: searchPath,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: "*",
  LC_ALL: "C",
};

function runGit(cwd: string, args: readonly string[], { onOutput, signal, input }: GitOptions = {}): Promise<GitRun> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd, env: clientEnv, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    const take = (text: string) => {
      output += text;
      onOutput?.(text);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    signal?.addEventListener("abort", () => child.kill(), { once: true });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
