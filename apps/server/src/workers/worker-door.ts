import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Edge, HttpServer } from "@berth/router";
import { closeServer } from "../http/close-server.ts";
import { makeGate, type Receiver } from "../http/gate.ts";
import { listen } from "../http/listen.ts";

/** Where workers find the server itself: at the port of all a request may come to any of them. */
export interface WorkerDoor {
  url: string;
  open(receiver: Receiver): void;
  close(): Promise<void>;
}

/** Listens at a port of loopback, the same as before where that can be had: workers that were left behind find the server again there. */
export async function openWorkerDoor(home: string, edge: Edge): Promise<WorkerDoor> {
  const file = join(home, "router", "door");
  const http = new HttpServer(edge, { isInternal: true });
  const gate = makeGate(http);
  const address = "127.0.0.1";
  const port = await listen(http, { port: readPort(file), listen: address }).catch(() =>
    listen(http, { port: 0, listen: address }),
  );
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${port}\n`, { mode: 0o600 });
  return { url: `http://${address}:${port}`, open: (receiver) => gate.open(receiver), close: () => closeServer(http) };
}

/** 0 where none was kept. */
function readPort(file: string): number {
  try {
    return Number(readFileSync(file, "utf8")) || 0;
  } catch {
    return 0;
  }
}
