import { availableParallelism } from "node:os";
import { serverEnv, serverFlags } from "../../../tools/setup/server-process.mjs";
import { type ForkedServer, forkServer, isInstalled } from "../support/programs.ts";
import { caddy } from "./contenders/caddy.ts";
import { haproxy } from "./contenders/haproxy.ts";
import { nginx } from "./contenders/nginx.ts";
import { startProxyProgram } from "./contenders/proxy-program.ts";

export type ContenderName = "berth" | "undici" | "nginx" | "haproxy" | "caddy";

export interface StartedContender {
  port: number;
  /** Its processes; some proxies start theirs after they listen. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** A proxy in front of the upstream that all of them share. */
export interface Contender extends StartedContender {
  name: ContenderName;
}

/** One for each core. */
export const workers = availableParallelism();
/** The host that all of them are asked for. */
export const host = "shop.localhost";

const moduleOf = (name: string) => new URL(`./processes/${name}.ts`, import.meta.url);

/** What they stand in front of, with so many processes that it is not the limit of the fastest. */
export function startUpstream(): Promise<ForkedServer> {
  return forkServer(moduleOf("upstream"), [], { processes: Math.ceil(workers / 2) });
}

/** Berth's router, as a server with so many workers runs it. */
export function startBerthRouter(upstreamPort: number, processes: number): Promise<StartedContender> {
  return forkServer(moduleOf("berth"), [String(upstreamPort)], { processes, flags: serverFlags, env: serverEnv });
}

const starts: Record<ContenderName, (upstreamPort: number) => Promise<StartedContender>> = {
  berth: (upstreamPort) => startBerthRouter(upstreamPort, workers),
  undici: (upstreamPort) => forkServer(moduleOf("bare-undici"), [String(upstreamPort)], { processes: workers }),
  nginx: (upstreamPort) => startProxyProgram(nginx, upstreamPort, workers),
  haproxy: (upstreamPort) => startProxyProgram(haproxy, upstreamPort, workers),
  caddy: (upstreamPort) => startProxyProgram(caddy, upstreamPort, workers),
};

/** How it is found out whether a program is there, and what it is a part of in Debian. */
const programs: Partial<Record<ContenderName, { flag: string; debian: string }>> = {
  nginx: { flag: "-v", debian: "nginx-light" },
  haproxy: { flag: "-v", debian: "haproxy" },
  caddy: { flag: "version", debian: "caddy" },
};

/** Starts those of these that are installed, and says which are missing. */
export async function startContenders(names: readonly ContenderName[], upstreamPort: number): Promise<Contender[]> {
  const started: Contender[] = [];
  try {
    for (const name of names) {
      const program = programs[name];
      if (program === undefined || isInstalled(name, program.flag))
        started.push({ name, ...(await starts[name](upstreamPort)) });
      else console.log(`  ${name} is missing, so nothing stands beside it: apt-get install ${program.debian}`);
    }
  } catch (error) {
    await stopAll(started);
    throw error;
  }
  return started;
}

export async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(running.map(({ stop }) => stop()));
}
