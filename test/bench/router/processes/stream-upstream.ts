// Sends as many bytes as the path says (`/1000000`) and takes as many as come, at the least possible cost.
import { createServer } from "node:net";
import { serveParent } from "../../support/programs.ts";

const piece = Buffer.alloc(256 * 1024, "x");

const server = createServer({ noDelay: true }, (socket) => {
  let head = "";
  let missing = 0;

  socket.on("data", (chunk: Buffer) => {
    if (missing > 0) return take(chunk.length);
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const whole = head;
    head = "";
    if (whole.startsWith("GET ")) return send(Number(/^GET \/(\d+)/.exec(whole)?.[1]));
    missing = Number(/\r\ncontent-length: *(\d+)/i.exec(whole)?.[1]);
    take(whole.length - end - 4);
  });
  socket.on("error", () => socket.destroy());

  function take(bytes: number): void {
    missing -= bytes;
    if (missing === 0) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }

  function send(bytes: number): void {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`);
    let left = bytes;
    const more = () => {
      while (left > 0) {
        const part = left < piece.length ? piece.subarray(0, left) : piece;
        left -= part.length;
        if (!socket.write(part)) return void socket.once("drain", more);
      }
    };
    more();
  }
});
serveParent(server);
