import { createServer, type Server } from "node:http";
import type { AddressInfo, ListenOptions } from "node:net";
import { BerthError, hasCode } from "@berth/core";
import type { Settings } from "../settings/settings.ts";

const askTimeoutMs = 1_000;

/** Whether other processes of this user may listen at the same port: none, workers that are to come, or workers that are there. */
export type Sharing = "none" | "begins" | "joins";

/**
 * Opens the one port for everything. Resolves with the port once it listens.
 * Throws `settings.invalid` where the address or port cannot be had.
 */
export async function listen(
  server: Server,
  { port, listen: address }: Pick<Settings, "port" | "listen">,
  sharing: Sharing = "none",
): Promise<number> {
  // Whoever shares a port is not told that it is taken by somebody who shares it, too.
  const taken = sharing === "begins" && port !== 0 ? await whyTaken({ port, host: address }) : null;
  const error = taken ?? (await tryListening(server, { port, host: address, reusePort: sharing !== "none" }));
  if (error !== null) {
    if (hasCode(error, "EADDRINUSE") && (await isBerth(address, port))) throw runningError(port, error);
    throw listenError(error, address, port);
  }
  server.removeAllListeners("error");
  return (server.address() as AddressInfo).port;
}

function tryListening(server: Server, options: ListenOptions): Promise<Error | null> {
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen(options, () => resolve(null));
  });
}

/** Why nobody else can listen there; null where one can. */
async function whyTaken(options: ListenOptions): Promise<Error | null> {
  const server = createServer();
  const error = await tryListening(server, options);
  if (error === null) await new Promise((resolve) => server.close(resolve));
  return error;
}

/** Whether what listens there already is a Berth: it says so to whom it does not know. */
async function isBerth(address: string, port: number): Promise<boolean> {
  const host =
    address === "0.0.0.0" || address === "::" ? "localhost" : address.includes(":") ? `[${address}]` : address;
  const url = `http://${host}:${port}/api/v1/whoami`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(askTimeoutMs) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.headers.get("www-authenticate")?.includes('realm="berth"') ?? false;
}

function runningError(port: number, cause: Error): BerthError {
  return new BerthError("settings.invalid", `A Berth server is running on port ${port} already.`, {
    path: "BERTH_PORT",
    hint: "Use that one, or start another beside it: BERTH_PORT=4001 BERTH_HOME=~/.berth-4001 npm start",
    cause,
  });
}

function listenError(error: Error, address: string, port: number): BerthError {
  if (hasCode(error, "EADDRINUSE")) {
    return new BerthError("settings.invalid", `Port ${port} on ${address} is in use by another program.`, {
      path: "BERTH_PORT",
      hint: `Stop it (ss -ltnp 'sport = :${port}' shows it), or start with another port: BERTH_PORT=4001 npm start`,
      cause: error,
    });
  }
  if (hasCode(error, "EACCES")) {
    return new BerthError("settings.invalid", `Port ${port} needs rights that Berth does not have.`, {
      path: "BERTH_PORT",
      hint: "Take a port above 1023.",
      cause: error,
    });
  }
  if (hasCode(error, "EADDRNOTAVAIL")) {
    return new BerthError("settings.invalid", `${address} is not an address of this machine.`, {
      path: "BERTH_LISTEN",
      hint: "127.0.0.1 for this machine alone, 0.0.0.0 for all its networks.",
      cause: error,
    });
  }
  return new BerthError("settings.invalid", `Berth cannot listen on ${address}:${port}: ${error.message}.`, {
    cause: error,
  });
}
