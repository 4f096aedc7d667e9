import { connect } from "node:net";
import type { Socket } from "node:net";

/** What came of asking an instance once. */
export type Probe =
  | { kind: "answered"; host: string; status: number }
  /** Nobody listens there. */
  | { kind: "refused" }
  /** Somebody listens, and there was no HTTP answer in time. */
  | { kind: "silent" };

/** Where an instance would be reached. */
export interface ProbeTarget {
  hosts: readonly string[];
  port: number;
}

const statusLine = /^HTTP\/1\.[01] (\d{3})/;

/** Asks for the path at the first of these hosts where somebody listens. As little as possible: it is asked every few milliseconds. */
export async function probeHttp(
  { hosts, port }: ProbeTarget,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Probe> {
  for (const host of hosts) {
    const probe = await ask(host, port, path, timeoutMs, signal);
    if (probe.kind !== "refused") return probe;
  }
  return { kind: "refused" };
}

function ask(host: string, port: number, path: string, timeoutMs: number, signal: AbortSignal): Promise<Probe> {
  return new Promise((resolve) => {
    let answer = "";
    let isConnected = false;
    const socket: Socket = connect({ host, port });
    const end = (probe: Probe) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(probe);
    };
    const nothing = () => end({ kind: isConnected ? "silent" : "refused" });
    const onAbort = () => end({ kind: "refused" });
    const timer = setTimeout(nothing, timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.setEncoding("latin1");
    socket.on("connect", () => {
      isConnected = true;
      const name = host.includes(":") ? `[${host}]` : host;
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${name}:${port}\r\nUser-Agent: berth-health\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.on("data", (chunk: string) => {
      answer += chunk;
      const status = statusLine.exec(answer)?.[1];
      if (status !== undefined) end({ kind: "answered", host, status: Number(status) });
      else if (answer.length > 64) nothing();
    });
    socket.on("error", nothing);
    socket.on("close", nothing);
  });
}
