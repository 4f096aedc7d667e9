import type { IncomingMessage } from "node:http";
import { BerthError } from "@berth/core";
import type WebSocket from "ws";
import type { Call } from "../calls/call.ts";
import { readRefusal, toClusterError } from "../calls/refusal.ts";
import type { Credentials } from "../connection/credentials.ts";
import { unreachable } from "../connection/unreachable.ts";
import { knownResource } from "../kinds.ts";
import { refText } from "../object.ts";
import type { ObjectRef } from "../object.ts";
import { type Query, resourcePath, withQuery } from "../paths.ts";

export interface PodSocketOptions {
  subresource: "exec" | "portforward";
  query: Query;
  /** The better one first. */
  protocols: readonly string[];
  signal: AbortSignal;
}

const handshakeTimeoutMs = 30_000;

/**
 * Opens a WebSocket to a pod, or says why the cluster will not. Messages that came in the meantime are kept: they may follow the handshake
 * at once. Throws `cluster.unreachable`, `cluster.forbidden`.
 */
export async function openPodSocket(
  credentials: Credentials,
  pod: ObjectRef,
  { subresource, query, protocols, signal }: PodSocketOptions,
): Promise<{ socket: WebSocket; messages: readonly Buffer[] } | { refusal: string }> {
  signal.throwIfAborted();
  const resource = knownResource(pod);
  if (resource?.plural !== "pods") throw new TypeError(`${refText(pod)} is no pod`);
  const { default: Socket } = await import("ws");
  const { headers, tls, proxy, agent } = await credentials.access();
  const call: Call = {
    verb: "create",
    resource: `pods/${subresource}`,
    namespace: pod.namespace,
    subject: refText(pod),
    path: resourcePath(resource, { ...pod, subresource }),
    query,
    repeatable: false,
  };
  const url = `${credentials.server.replace(/^http/, "ws")}${withQuery(call.path, call.query)}`;
  const socket = new Socket(url, [...protocols], {
    headers,
    ...(proxy === null || agent === false ? tls : { agent }),
    handshakeTimeout: handshakeTimeoutMs,
    perMessageDeflate: false,
  });
  socket.binaryType = "nodebuffer";
  const messages: Buffer[] = [];
  const keep = (data: Buffer) => void messages.push(data);
  socket.on("message", keep);
  const abort = () => socket.terminate();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const refused = await new Promise<IncomingMessage | null>((resolve, reject) => {
      socket.once("open", () => resolve(null));
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, answer) => resolve(answer));
    });
    socket.off("message", keep);
    if (refused === null) return { socket, messages };
    const refusal = readRefusal(refused.statusCode ?? 0, (await Array.fromAsync(refused)).join(""));
    socket.on("error", () => {});
    socket.terminate();
    if (refusal.status === 401 || refusal.status === 403) throw toClusterError(refusal, call);
    return { refusal: refusal.message };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof BerthError ? error : unreachable(credentials.server, error);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
