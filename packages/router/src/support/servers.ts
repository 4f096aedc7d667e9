import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { quietLog, type RoutingTable, systemClock, systemRandom } from "@berth/core";
import { onTestFinished } from "vitest";
import type { RouterDeps } from "../deps.ts";
import { makeRouter, type Router } from "../router.ts";
import { type EdgeSettings, makeEdge } from "../front/edge.ts";
import type { Edge } from "../front/edge.ts";
import { HttpServer } from "../front/http-server.ts";
import { tableOf, type WorkloadSketch } from "./table.ts";

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A real HTTP server as an instance; closed when the test ends. */
export async function startInstance(handler: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, server };
}

/** A TCP server that says whatever the test wants. */
export async function startRawInstance(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => socket.destroy()));
    onSocket(socket);
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface RunningRouter {
  router: Router;
  port: number;
  server: Server;
  edge: Edge;
  /** Applies the next table made of this. */
  apply(workloads: readonly WorkloadSketch[], more?: Partial<RoutingTable>): void;
}

/** A router behind a server of its own, made as apps/server makes it. */
export async function startRouter(
  workloads: readonly WorkloadSketch[],
  deps: Partial<RouterDeps> = {},
  settings: EdgeSettings = {},
): Promise<RunningRouter> {
  const edge = makeEdge(systemClock, settings);
  const router = makeRouter({
    domain: "localhost",
    clock: systemClock,
    log: quietLog,
    random: systemRandom,
    wake: async () => {},
    edge,
    ...deps,
  });
  const server = new HttpServer(edge);
  server.on("request", router.handle);
  server.on("checkContinue", router.handleContinue);
  server.on("upgrade", router.upgrade);
  const port = await listen(server);
  onTestFinished(() => {
    router.close();
    server.closeAllConnections();
    server.close();
  });
  let version = 0;
  const apply: RunningRouter["apply"] = (next, more) => router.apply({ ...tableOf(next, ++version), ...more });
  apply(workloads);
  return { router, port, server, edge, apply };
}

/** A bare connection, for what no HTTP client would say. */
export function openSocket(port: number): { socket: Socket; text: () => string; closed: Promise<boolean> } {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<boolean>((resolve) => socket.on("close", resolve));
  return { socket, text: () => Buffer.concat(chunks).toString("latin1"), closed };
}

/** Sends raw bytes and resolves with all that comes back until the connection ends. */
export async function converse(port: number, text: string): Promise<string> {
  const { socket, text: heard, closed } = openSocket(port);
  socket.write(text, "latin1");
  await closed;
  return heard();
}

/** Polls until the condition holds; fails after a minute. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It did not happen in time: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
