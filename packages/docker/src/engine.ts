import { BerthError } from "@berth/core";
import type Docker from "dockerode";
import { addressText, defaultEngineHost, isLocalAddress, parseEngineAddress, requireLocal } from "./address.ts";
import type { EngineAddress } from "./address.ts";
import { refusalOf, toEngineError, unreachable } from "./refusal.ts";
import { negotiateApiVersion } from "./version.ts";

export interface ConnectOptions {
  /** As in DOCKER_HOST; the usual socket where there is none. */
  host?: string | undefined;
  /** What a `tcp://` engine with TLS is reached with, in PEM. */
  tls?: { ca: string; cert: string; key: string } | undefined;
  /** Engines on other machines are refused, before they are asked anything. */
  local?: boolean;
}

export interface EngineInfo {
  /** Of Docker, such as `28.2.2`. */
  version: string;
  apiVersion: string;
  os: string;
  /** As Go and OCI write it: `amd64`, `arm64`. */
  architecture: string;
  /** `containerd` keeps blobs as they came and names images by their manifest; `layers` keeps unpacked layers, and names them by their configuration. */
  imageStore: "layers" | "containerd";
}

/** A Docker engine that has answered. */
export interface Engine {
  address: EngineAddress;
  isLocal: boolean;
  info: EngineInfo;
  /** Calls it; an engine that does not answer is `engine.unreachable`, one that refuses throws what `refusalOf` reads. */
  ask<T>(call: (docker: Docker) => Promise<T>): Promise<T>;
  /** Gives up on all calls that wait for an answer: the engine was found to have gone. */
  abandon(): void;
}

const connectDeadlineMs = 10_000;

/** Connects to an engine and finds out what it is. Throws `settings.invalid`, `engine.unreachable`. */
export async function connectEngine(options: ConnectOptions = {}): Promise<Engine> {
  const address = parseEngineAddress(options.host || defaultEngineHost);
  if (options.local === true) requireLocal(address);
  // Only now: an installation without containers needs none of the memory that the client takes.
  const { default: Client } = await import("dockerode");
  const first = makeCaller(address, makeClient(Client, address, options));
  const [version, info] = await askWhat(first, address);
  const apiVersion = negotiateApiVersion(version.ApiVersion);
  const caller = makeCaller(address, makeClient(Client, address, options, apiVersion));
  const status: [string, string][] = info.DriverStatus ?? [];
  const isContainerd = status.some(([name, value]) => name === "driver-type" && value.includes("containerd"));
  return {
    address,
    isLocal: isLocalAddress(address),
    info: {
      version: version.Version,
      apiVersion,
      os: version.Os,
      architecture: version.Arch,
      imageStore: isContainerd ? "containerd" : "layers",
    },
    ask: (call) => caller.ask(call),
    abandon: () => caller.abandon(),
  };
}

/** Asks for what only an engine answers. */
async function askWhat(caller: Caller, address: EngineAddress) {
  try {
    const answers = await caller.ask((docker) => Promise.all([docker.version(), docker.info()]), connectDeadlineMs);
    if (typeof answers[0].ApiVersion === "string") return answers;
  } catch (error) {
    if (refusalOf(error) === null) throw error;
  }
  throw noEngine(address);
}

function noEngine(address: EngineAddress): BerthError {
  const where = addressText(address);
  return new BerthError("settings.invalid", `What answers at ${where} is no Docker engine.`, {
    path: "DOCKER_HOST",
    hint: `Let it name the engine's address, such as ${defaultEngineHost}, or leave it out.`,
  });
}

function makeClient(
  Client: typeof Docker,
  address: EngineAddress,
  { tls }: ConnectOptions,
  apiVersion?: string,
): Docker {
  // Said in full: the client would fill in from the environment what is left out.
  const where =
    address.kind === "socket"
      ? { socketPath: address.path, host: undefined, port: undefined, protocol: "http" as const }
      : { host: address.host, port: address.port, protocol: address.isSecure ? ("https" as const) : ("http" as const) };
  const secrets = { ca: tls?.ca, cert: tls?.cert, key: tls?.key };
  return new Client({ ...where, ...secrets, ...(apiVersion !== undefined && { version: `v${apiVersion}` }) });
}

interface Caller {
  ask<T>(call: (docker: Docker) => Promise<T>, deadlineMs?: number): Promise<T>;
  abandon(): void;
}

/** The client waits for ever for an answer that breaks off in its middle: whoever learns that the engine is gone abandons what waits. */
function makeCaller(address: EngineAddress, docker: Docker): Caller {
  const waiting = new Set<(error: unknown) => void>();
  return {
    async ask(call, deadlineMs) {
      let giveUp: (error: unknown) => void = () => {};
      const abandoned = new Promise<never>((_, reject) => (giveUp = reject));
      waiting.add(giveUp);
      const late = new Error(`no answer within ${deadlineMs} ms from ${addressText(address)}`);
      const timer =
        deadlineMs === undefined ? undefined : setTimeout(() => giveUp(unreachable(address, late)), deadlineMs);
      try {
        return await Promise.race([call(docker), abandoned]);
      } catch (error) {
        throw toEngineError(error, address);
      } finally {
        clearTimeout(timer);
        waiting.delete(giveUp);
      }
    },
    abandon() {
      for (const giveUp of waiting) giveUp(unreachable(address));
    },
  };
}
