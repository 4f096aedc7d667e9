// What all proxies are measured in front of: answers each request with the same 1 kB at the least possible cost.
import { createServer } from "node:net";
import { serveParent } from "../../support/programs.ts";

const body = "x".repeat(1024);
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-cache\r\nDate: ${new Date().toUTCString()}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk) => {
    for (let at = chunk.indexOf("\r\n\r\n"); at !== -1; at = chunk.indexOf("\r\n\r\n", at + 4)) socket.write(answer);
  });
  socket.on("error", () => socket.destroy());
});
serveParent(server);
