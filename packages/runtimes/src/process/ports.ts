import { BerthError, hasCode } from "@berth/core";
import { createServer } from "node:net";

export interface PortRange {
  first: number;
  last: number;
}

/** Below the range the kernel takes ports for outgoing connections from (32768 on), which could be gone at any moment. */
export const defaultPorts: PortRange = { first: 20_000, last: 29_999 };

/**
 * Gives out ports in turn from a random one on, so that a port that somebody may still remember is used again as late as possible.
 * `isTaken` says which belong to an instance or are reserved; others' use is found by trying.
 */
export function makePortAllocator(
  range: PortRange,
  randomByte: () => number,
): (isTaken: (port: number) => boolean) => Promise<number> {
  const count = range.last - range.first + 1;
  let next = ((randomByte() << 16) | (randomByte() << 8) | randomByte()) % count;
  return async (isTaken) => {
    for (let tried = 0; tried < count; tried++) {
      const port = range.first + next;
      next = (next + 1) % count;
      if (!isTaken(port) && (await isFree(port))) return port;
    }
    throw new BerthError("runtime.failed", `No port between ${range.first} and ${range.last} is free.`, {
      hint: "Scale something down, or end what else listens there.",
    });
  };
}

/** Whether nobody listens on this port at any address of the machine. */
export async function isFree(port: number): Promise<boolean> {
  const answer = await tryListen(port, "::");
  return answer === "unsupported" ? (await tryListen(port, "0.0.0.0")) === "free" : answer === "free";
}

function tryListen(port: number, host: string): Promise<"free" | "busy" | "unsupported"> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) =>
      resolve(hasCode(error, "EAFNOSUPPORT") || hasCode(error, "EADDRNOTAVAIL") ? "unsupported" : "busy"),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve("free")));
  });
}
