// Opens WebSockets and leaves them idle; asked to, it sends a ping over each and counts those that come back: node sockets-client.ts <plan>
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { readPlan, tellParent } from "../../support/programs.ts";
import type { SocketsPlan } from "../sockets.ts";

/** Opened at the same time; more would wait in the queue of the listening socket. */
const lanes = 100;
const answerDeadlineMs = 10_000;
const pollMs = 20;

const { port, host, count } = readPlan<SocketsPlan>();
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const head = ["GET / HTTP/1.1", `Host: ${host}`, "Upgrade: websocket", "Connection: Upgrade"];
const request = `${[...head, `Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13"].join("\r\n")}\r\n\r\n`;
/** An empty ping, masked as those of clients are. */
const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
const open = new Set<Socket>();
const answered = new Set<Socket>();

let next = 0;
await Promise.all(
  Array.from({ length: lanes }, async () => {
    while (next++ < count) await openSocket();
  }),
);
process.on("message", () => void ask());
tellParent(open.size);

/** Resolves when it is open, or refused. */
function openSocket(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      if (open.has(socket)) return void answered.add(socket);
      received += chunk.toString("latin1");
      if (!received.includes("\r\n\r\n")) return;
      if (received.startsWith("HTTP/1.1 101 ")) open.add(socket);
      else socket.destroy();
      resolve();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      open.delete(socket);
      resolve();
    });
  });
}

async function ask(): Promise<void> {
  for (const socket of open) socket.write(ping);
  const deadline = performance.now() + answerDeadlineMs;
  while (answered.size < open.size && performance.now() < deadline) await sleep(pollMs);
  tellParent(answered.size);
}
