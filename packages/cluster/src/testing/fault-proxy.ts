import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent as HttpAgent, createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { KubeConfig } from "@kubernetes/client-node";
import { openCredentials } from "../connection/credentials.ts";

export interface SeenRequest {
  method: string;
  /** With its query. */
  url: string;
}

/** What befalls requests instead of, or before, their answer. */
export interface Fault {
  matches(request: SeenRequest): boolean;
  /** Default: all, until it is lifted. */
  times?: number;
  does:
    | { kind: "answer"; status: number; headers?: Record<string, string>; body: string }
    | { kind: "wait"; ms: number }
    /** `before` the API server sees it, or `after` it has done what was asked and before it can say so. */
    | { kind: "cut"; when: "before" | "after" }
    /** As `cut`, and this happens in that very moment. */
    | { kind: "strike"; when: "before" | "after"; strike(): Promise<unknown> }
    /** The connection stays, and nothing comes. */
    | { kind: "silence" };
}

/** Stands between a client and the API server. */
export interface FaultProxy {
  /** A kubeconfig with the proxy's address; the proxy itself calls with the credentials of the original. */
  kubeconfig: string;
  server: string;
  seen: readonly SeenRequest[];
  /** Returns how to lift it. */
  inject(fault: Fault): () => void;
  /** Cuts all connections; new ones are taken. */
  cut(): void;
  /** Nothing passes on the connections that are there, in either direction, and nobody is told; new ones work. */
  freeze(): void;
  /** As if the API server were stopped: all connections are cut, and no new ones are taken. */
  stop(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a proxy to the cluster of a kubeconfig. It speaks plain HTTP on loopback: what is tried is not TLS. */
export async function openFaultProxy(kubeconfig: string, context?: string): Promise<FaultProxy> {
  const credentials = await openCredentials(KubeConfig, { kubeconfig, context });
  const folder = await mkdtemp(join(tmpdir(), "berth-fault-proxy-"));
  const sockets = new Set<Socket | Duplex>();
  const seen: SeenRequest[] = [];
  const faults = new Set<Fault & { left: number }>();
  const frozen = new WeakSet<object>();
  const isSecure = credentials.server.startsWith("https:");
  const { tls } = await credentials.access();
  const agent = isSecure ? new Agent({ ...tls, keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const server = createServer();
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("request", (request, response) => void pass(request, response));
  server.on("upgrade", (request, socket, head) => void passUpgrade(request, socket, head));

  function faultFor(request: SeenRequest): Fault["does"] | null {
    for (const fault of faults) {
      if (!fault.matches(request)) continue;
      if (--fault.left <= 0) faults.delete(fault);
      return fault.does;
    }
    return null;
  }

  async function ask({ method, url, headers }: IncomingMessage) {
    const { headers: own } = await credentials.access();
    const given = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "host"));
    const send = isSecure ? httpsRequest : httpRequest;
    return send(`${credentials.server}${url}`, { method: method ?? "GET", headers: { ...given, ...own }, agent });
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const { method = "GET", url = "/" } = request;
    seen.push({ method, url });
    const fault = faultFor({ method, url });
    if (fault?.kind === "answer") {
      request.resume();
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers }).end(fault.body);
      return;
    }
    if (fault?.kind === "silence") return void request.resume();
    if (fault?.kind === "cut" && fault.when === "before") return void socket.destroy();
    if (fault?.kind === "strike" && fault.when === "before") {
      await fault.strike();
      return void socket.destroy();
    }
    if (fault?.kind === "wait") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const upstream = await ask(request);
    upstream.on("error", () => socket.destroy());
    response.on("close", () => upstream.destroy());
    upstream.on("response", (answer) => {
      answer.on("error", () => socket.destroy());
      if (fault?.kind === "cut") return void answer.resume().on("end", () => socket.destroy());
      if (fault?.kind === "strike")
        return void answer.resume().on("end", () => void fault.strike().finally(() => socket.destroy()));
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on("data", (chunk: Buffer) => void (frozen.has(socket) || response.write(chunk)));
      answer.on("end", () => void (frozen.has(socket) || response.end()));
    });
    request.pipe(upstream);
  }

  async function passUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    seen.push({ method: request.method ?? "GET", url: request.url ?? "/" });
    sockets.add(socket);
    const upstream = await ask(request);
    upstream.on("error", () => socket.destroy());
    upstream.on("response", (answer) => {
      socket.write(headOf(answer));
      answer.pipe(socket);
    });
    upstream.on("upgrade", (answer, other, rest) => {
      socket.write(headOf(answer));
      socket.write(rest);
      other.write(head);
      for (const [from, to] of [
        [socket, other],
        [other, socket],
      ] as const) {
        from.on("error", () => {});
        from.on("close", () => to.destroy());
        from.on("data", (chunk: Buffer) => void (frozen.has(socket) || to.write(chunk)));
        from.on("end", () => to.end());
      }
    });
    upstream.end();
  }

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  };
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    cut();
    await closed;
  };
  const port = await listen(0);
  const address = `http://127.0.0.1:${port}`;
  const file = join(folder, "kubeconfig");
  await writeFile(file, kubeconfigFor(address, credentials.namespace));
  return {
    kubeconfig: file,
    server: address,
    seen,
    inject(fault) {
      const counted = { ...fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      faults.add(counted);
      return () => void faults.delete(counted);
    },
    cut,
    freeze() {
      for (const socket of sockets) frozen.add(socket);
    },
    stop,
    async resume() {
      if (!server.listening) await listen(port);
    },
    async close() {
      await stop();
      agent.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The client takes plain HTTP only where no certificate is to be looked at. */
function kubeconfigFor(server: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "proxy",
    clusters: [{ name: "proxy", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "proxy", user: {} }],
    contexts: [{ name: "proxy", context: { cluster: "proxy", user: "proxy", namespace } }],
  });
}
