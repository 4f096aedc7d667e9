import { BerthError } from "@berth/core";

/** Where an engine listens. */
export type EngineAddress =
  | { kind: "socket"; path: string }
  | { kind: "tcp"; host: string; port: number; isSecure: boolean };

export const defaultEngineHost = "unix:///var/run/docker.sock";

const plainPort = 2375;
const securePort = 2376;

/** Reads an engine's address as DOCKER_HOST has it: `unix:///path` or `tcp://host:port`. Throws `settings.invalid`. */
export function parseEngineAddress(text: string): EngineAddress {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === "unix" && rest.startsWith("/")) return { kind: "socket", path: rest };
  if (["tcp", "http", "https"].includes(scheme) && URL.canParse(`http://${rest}`)) {
    // Any scheme that URL knows no port of, so that 80 stays 80.
    const { hostname, port } = new URL(`tcp://${rest}`);
    const isSecure = scheme === "https" || Number(port) === securePort;
    if (hostname !== "") return { kind: "tcp", host: bare(hostname), port: Number(port || plainPort), isSecure };
  }
  if (scheme === "ssh") {
    throw new BerthError("settings.invalid", "Berth does not reach a Docker engine over ssh.", {
      path: "DOCKER_HOST",
      hint: "Run Berth on the engine's machine, or forward its socket: ssh -L /tmp/docker.sock:/var/run/docker.sock, then unix:///tmp/docker.sock.",
    });
  }
  throw new BerthError("settings.invalid", `${JSON.stringify(text)} is no address of a Docker engine.`, {
    path: "DOCKER_HOST",
    hint: "Write unix:///var/run/docker.sock or tcp://127.0.0.1:2375.",
  });
}

/** Whether it is reached without leaving this machine. */
export function isLocalAddress(address: EngineAddress): boolean {
  if (address.kind === "socket") return true;
  return address.host === "localhost" || address.host === "::1" || address.host.startsWith("127.");
}

/** Throws `settings.invalid` for an engine of another machine: what it runs could not be reached from here. */
export function requireLocal(address: EngineAddress): void {
  if (isLocalAddress(address)) return;
  throw new BerthError("settings.invalid", `The Docker engine at ${addressText(address)} is on another machine.`, {
    path: "DOCKER_HOST",
    hint: "Run Berth on that machine, next to its engine.",
  });
}

/** An address as people write it. */
export function addressText(address: EngineAddress): string {
  if (address.kind === "socket") return `unix://${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}

function bare(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
