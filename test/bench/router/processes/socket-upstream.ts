// Takes every upgrade to a WebSocket, and gives back what then comes: it stands for an app whose clients are idle.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { serveParent } from "../../support/programs.ts";

/** Of RFC 6455, section 1.3. */
const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const server = createServer((_request, response) => response.end());
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${magic}`).digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("end", () => socket.end());
  socket.on("error", () => socket.destroy());
});
serveParent(server);
