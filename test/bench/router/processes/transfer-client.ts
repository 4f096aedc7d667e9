// Takes or sends one body over a raw connection, and tells how long that took: node transfer-client.ts <plan>
import { once } from "node:events";
import { connect } from "node:net";
import { readPlan, tellParent } from "../../support/programs.ts";
import type { TransferPlan } from "../transfer.ts";

const { port, host, direction, bytes } = readPlan<TransferPlan>();
const buffer = Buffer.alloc(256 * 1024);
let head: string | null = "";
let missing = 0;
let beganAt = 0;

const socket = connect({ port, host: "127.0.0.1", onread: { buffer, callback: (length) => receive(length) } });
socket.on("error", (error) => {
  throw error;
});
await once(socket, "connect");
beganAt = performance.now();
if (direction === "down") socket.write(`GET /${bytes} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
else await send();

async function send(): Promise<void> {
  const piece = Buffer.alloc(256 * 1024, "x");
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${bytes}\r\n\r\n`);
  for (let left = bytes; left > 0; left -= piece.length)
    if (!socket.write(left < piece.length ? piece.subarray(0, left) : piece)) await once(socket, "drain");
}

function receive(length: number): boolean {
  if (head === null) missing -= length;
  else {
    head += buffer.toString("latin1", 0, length);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return true;
    if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`the body was answered with:\n${head}`);
    missing = (direction === "down" ? bytes : 0) - (head.length - end - 4);
    head = null;
  }
  if (missing === 0) tellParent(performance.now() - beganAt);
  return true;
}
