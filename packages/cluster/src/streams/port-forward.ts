import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type WebSocket from "ws";
import type { Forwarded } from "../cluster.ts";
import type { Credentials } from "../connection/credentials.ts";
import type { ObjectRef } from "../object.ts";
import { frame } from "./channels.ts";
import { openPodSocket } from "./pod-socket.ts";

export interface ForwardOptions {
  port: number;
  signal: AbortSignal;
}

const protocols = ["v4.channel.k8s.io"];
/** Of the one port that is asked for. */
const dataChannel = 0;
/** Each channel begins with a message that repeats the port. */
const portBytes = 2;
const bufferedBytesAtMost = 1_048_576;

/** Takes connections on a loopback port of this machine to a pod's port, each by a WebSocket of its own; see `Cluster.forward`. */
export async function forwardToPod(
  credentials: Credentials,
  pod: ObjectRef,
  { port, signal }: ForwardOptions,
): Promise<Forwarded> {
  signal.throwIfAborted();
  const open = new Set<Socket>();
  const server = createServer((local) => {
    open.add(local);
    local.on("close", () => open.delete(local)).on("error", () => local.destroy());
    join(local).catch(() => local.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const close = () => {
    server.close();
    for (const local of open) local.destroy();
  };
  signal.addEventListener("abort", close, { once: true });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      signal.removeEventListener("abort", close);
      close();
    },
  };

  async function join(local: Socket): Promise<void> {
    const query = { ports: String(port) };
    const opened = await openPodSocket(credentials, pod, { subresource: "portforward", query, protocols, signal });
    if ("refusal" in opened) return void local.destroy();
    connect(local, opened.socket, opened.messages);
  }
}

function connect(local: Socket, remote: WebSocket, messages: readonly Buffer[]): void {
  let isBegun = false;
  const receive = (message: Buffer) => {
    // What comes on the other channel is an error, and the pod closes after it.
    if (message[0] !== dataChannel) return;
    const data = isBegun ? message.subarray(1) : message.subarray(1 + portBytes);
    isBegun = true;
    if (data.length === 0 || local.write(data)) return;
    remote.pause();
    local.once("drain", () => remote.resume());
  };
  for (const message of messages) receive(message);
  remote.on("message", receive);
  remote.on("close", () => local.end());
  remote.on("error", () => local.destroy());
  local.on("data", (chunk) => {
    remote.send(frame(dataChannel, chunk), () => local.resume());
    if (remote.bufferedAmount > bufferedBytesAtMost) local.pause();
  });
  // The protocol has no word for one half of a connection that has ended.
  local.on("close", () => remote.close());
}
