import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverEnv, serverFlags } from "../../tools/setup/server-process.mjs";
import { type Answer, type Berth, get } from "./berth.ts";
import { removeFolder } from "./remove-folder.ts";

const root = join(import.meta.dirname, "../..");

/** A router in a process of its own, fed by a server. */
export interface RouterProcess {
  home: string;
  port: number;
  pid(): number;
  output(): string;
  get(host: string, path?: string, headers?: Record<string, string>): Promise<Answer>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and BERTH_HOME. */
  restart(): Promise<void>;
  /** Ends it and removes its BERTH_HOME. */
  stop(): Promise<void>;
}

export async function startRouter(
  berth: Pick<Berth, "home" | "port">,
  more: Record<string, string> = {},
): Promise<RouterProcess> {
  const home = mkdtempSync(join(tmpdir(), "berth-router-"));
  const env = {
    BERTH_HOME: home,
    BERTH_PORT: "0",
    BERTH_ROLE: "router",
    BERTH_SERVER: `http://127.0.0.1:${berth.port}`,
    BERTH_ROUTER_TOKEN: readFileSync(join(berth.home, "router-token"), "utf8").trim(),
    BERTH_LOG: "info",
    ...more,
  };
  let running = await launch(env);
  const { port } = running;
  return {
    home,
    port,
    pid: () => running.child.pid!,
    output: () => running.output(),
    get: (host, path = "/", headers = {}) => get(port, host, path, headers),
    kill: (signal = "SIGKILL") => end(running.child, signal),
    async restart() {
      running = await launch({ ...env, BERTH_PORT: String(port) });
    },
    async stop() {
      // Its workers outlive one that is killed.
      await end(running.child, "SIGTERM");
      removeFolder(home);
    },
  };
}

function launch(env: Record<string, string>): Promise<{ child: ChildProcess; port: number; output(): string }> {
  const child = spawn(process.execPath, [...serverFlags, join(root, "apps/server/src/main.ts")], {
    env: { ...process.env, ...serverEnv, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  return new Promise((resolve, reject) => {
    const read = (text: string) => {
      output += text;
      const ready = /router {2}http:\/\/localhost:(\d+)/.exec(output);
      if (ready !== null) resolve({ child, port: Number(ready[1]), output: () => output });
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("exit", (code, signal) => reject(new Error(`the router ended (${code ?? signal}):\n${output}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
