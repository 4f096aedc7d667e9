import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { BerthError, hasCode } from "@berth/core";
import type { Settings } from "./settings.ts";

/**
 * Opens the one port for everything. Resolves with the port once it listens.
 * Throws `settings.invalid` where the address or port cannot be had.
 */
export async function listen(
  server: Server,
  { port, listen: address }: Pick<Settings, "port" | "listen">,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, address, port)));
    server.listen({ port, host: address }, resolve);
  });
  server.removeAllListeners("error");
  return (server.address() as AddressInfo).port;
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
