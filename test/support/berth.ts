import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { type Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Client,
  makeClient,
  readCredentials,
  type ServiceLogLine,
  type StreamLogsOptions,
} from "../../packages/api/src/client.ts";
import type { EnvironmentStatus, Operation, Release } from "../../packages/core/src/index.ts";
import { clearEngine, installationOf } from "./engine.ts";
import { removeFolder } from "./remove-folder.ts";
import { serverEnv, serverFlags } from "../../tools/setup/server-process.mjs";

const root = join(import.meta.dirname, "../..");

/** A real server in a process of its own, with a BERTH_HOME of its own. */
export interface Berth {
  home: string;
  port: number;
  /** The server's process, which changes with each restart. */
  pid(): number;
  /** The address of console, API and git. */
  url: string;
  /** Everything the server has printed so far. */
  output(): string;
  /** The token of the local user. */
  token(): string;
  /** The typed client of the local user. */
  api(): Client["api"];
  /** Rolls back and waits until that is done. */
  rollback(app: string, version?: number, environment?: string): Promise<Operation>;
  /** What an environment serves, and what runs for it. */
  status(app: string, environment?: string): Promise<Omit<EnvironmentStatus, "environment">>;
  /** Releases of an environment, newest first. */
  releases(app: string, environment?: string): Promise<Pick<Release, "version" | "state" | "reason">[]>;
  /** Log lines of an environment; with `follow` until the loop over them is left. */
  logs(options: Partial<StreamLogsOptions> & { app: string }): AsyncIterable<ServiceLogLine>;
  /** The process of the keeper that the apps belong to. */
  keeperPid(): number;
  /** `GET` of a path of an app's host. */
  get(host: string, path?: string, headers?: Record<string, string>): Promise<Answer>;
  /** Ends the server at once, as a crash would (or as this signal does); with SIGINT alone its apps end too. Resolves with its exit code. */
  kill(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same port and BERTH_HOME. */
  restart(): Promise<void>;
  /** Ends the server and its apps, and removes BERTH_HOME, and what it has made in an engine. */
  stop(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Starts a server and waits until it says that it is ready. Further settings come as environment variables; a BERTH_HOME that is given is left where it is. */
export async function startBerth(
  env: Record<string, string> = {},
  args = ["--no-example"],
  program = join(root, "apps/server/src/main.ts"),
): Promise<Berth> {
  const home = env["BERTH_HOME"] ?? mkdtempSync(join(tmpdir(), "berth-test-"));
  let server = await launch({ BERTH_PORT: "0", ...env, BERTH_HOME: home }, args, program);
  const { port } = server;
  const url = `http://localhost:${port}`;
  const token = () => readCredentials(join(home, "client")).servers[url]!.token;
  const client = () => makeClient({ url, token: token() });
  return {
    home,
    port,
    pid: () => server.process.pid!,
    url,
    output: () => server.output(),
    token,
    api: () => client().api,
    async rollback(app, version, environment = "production") {
      const route = client().api.apps[":app"].environments[":environment"].rollback;
      const answer = await route.$post({
        param: { app, environment },
        query: { wait: "60" },
        json: version === undefined ? {} : { version },
      });
      return await answer.json();
    },
    async status(app, environment = "production") {
      const answer = await client().api.apps[":app"].environments[":environment"].$get({ param: { app, environment } });
      return await answer.json();
    },
    async releases(app, environment = "production") {
      const route = client().api.apps[":app"].environments[":environment"].releases;
      const answer = await route.$get({ param: { app, environment }, query: { limit: "100" } });
      return (await answer.json()).items;
    },
    async *logs(options) {
      const end = new AbortController();
      try {
        yield* client().streamLogs({ environment: "production", ...options, signal: end.signal });
      } finally {
        end.abort();
      }
    },
    keeperPid: () => Number(readFileSync(join(home, "keeper/pid"), "utf8")),
    get: (host, path = "/", headers = {}) =>
      getAt({ address: env["BERTH_LISTEN"] ?? "127.0.0.1", port }, host, path, headers),
    async kill(signal = "SIGKILL") {
      await end(server.process, signal);
      return server.process.exitCode;
    },
    async restart() {
      server = await launch({ ...env, BERTH_HOME: home, BERTH_PORT: String(port) }, args, program);
    },
    async stop() {
      await end(server.process, "SIGINT");
      if (usesEngine(env) && existsSync(join(home, "berth.db"))) await clearEngine(installationOf({ home }));
      if (env["BERTH_HOME"] === undefined) removeFolder(home);
    },
  };
}

function usesEngine(env: Record<string, string>): boolean {
  return env["BERTH_RUNTIME"] === "docker" || env["BERTH_BUILDER"] === "docker";
}

interface Launched {
  process: ChildProcess;
  port: number;
  output(): string;
}

function launch(env: Record<string, string>, args: readonly string[], program: string): Promise<Launched> {
  const child = spawn(process.execPath, [...serverFlags, program, ...args], {
    env: { ...process.env, ...serverEnv, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  return new Promise((resolve, reject) => {
    const read = (text: string) => {
      output += text;
      const ready = /http:\/\/localhost:(\d+)/.exec(output);
      if (ready !== null) resolve({ process: child, port: Number(ready[1]), output: () => output });
    };
    child.stdout!.setEncoding("utf8").on("data", read);
    child.stderr!.setEncoding("utf8").on("data", read);
    child.once("exit", (code, signal) => reject(new Error(`the server ended (${code ?? signal}):\n${output}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** `GET` of a path from a server of this machine that knows the host by its header alone. */
export function get(port: number, host: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return getAt({ address: "127.0.0.1", port }, host, path, headers);
}

export interface Door {
  address: string;
  port: number;
  /** Keeps connections; without, each request has one of its own. */
  agent?: Agent;
}

/** The same from a server that is found at any address. */
export function getAt(
  { address, port, agent }: Door,
  host: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: address, port, path, headers: { host: `${host}:${port}`, ...headers }, agent: agent ?? false },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject).end();
  });
}
