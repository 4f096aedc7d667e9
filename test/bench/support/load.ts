import { spawn } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { isInstalled } from "./programs.ts";

export interface LoadPlan {
  /** Only ever 127.0.0.1. */
  port: number;
  host: string;
  connections: number;
  seconds: number;
}

export interface LoadResult {
  requestsPerSecond: number;
  requests: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
}

let hasWrk: boolean | null = null;

/** Drives keep-alive connections as fast as they go: with wrk, or with a slower client where that is missing. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  if (hasWrk === null) {
    hasWrk = isInstalled("wrk", "--version");
    if (!hasWrk) console.log("  wrk is missing, so a slower client drives the load: apt-get install wrk");
  }
  return hasWrk ? await loadWithWrk(plan) : await loadWithOwnClient(plan);
}

async function loadWithWrk({ port, host, connections, seconds }: LoadPlan): Promise<LoadResult> {
  const args = [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--latency",
    "-H",
    `Host: ${host}`,
    `http://127.0.0.1:${port}/`,
  ];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  const output = await text(child.stdout);
  const [, failures = "0"] = /Non-2xx or 3xx responses: (\d+)/.exec(output) ?? [];
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.slice(1) ?? [];
  return {
    requestsPerSecond: Number(found(output, /Requests\/sec:\s+([\d.]+)/)),
    requests: Number(found(output, /(\d+) requests in/)),
    p50Ms: milliseconds(found(output, /50%\s+([\d.]+\w+)/)),
    p99Ms: milliseconds(found(output, /99%\s+([\d.]+\w+)/)),
    errors: sockets.reduce((sum, count) => sum + Number(count), Number(failures)),
  };
}

/** The same without wrk: a small client in a process of its own. */
async function loadWithOwnClient(plan: LoadPlan): Promise<LoadResult> {
  const child = fork(new URL("./load-client.ts", import.meta.url), [JSON.stringify(plan)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [result] = await once(child, "message");
  return result as LoadResult;
}

function found(output: string, pattern: RegExp): string {
  const value = pattern.exec(output)?.[1];
  if (value === undefined) throw new Error(`wrk said something unexpected:\n${output}`);
  return value;
}

function milliseconds(duration: string): number {
  const [, amount, unit = ""] = /^([\d.]+)(\w+)$/.exec(duration) ?? [];
  const factors: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
  return Number(amount) * (factors[unit] ?? Number.NaN);
}
