// Answers a GET with so many pieces of 256 KiB, and reads a POST to its end: node stream-upstream.ts <pieces>
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { serveParent } from "../support/programs.ts";

const piece = Buffer.alloc(262_144, "x");
const pieces = Number(process.argv[2]);

function* chunks() {
  for (let count = 0; count < pieces; count++) yield piece;
}

const server = createServer((req, res) => {
  if (req.method === "GET") void pipeline(Readable.from(chunks()), res).catch(() => undefined);
  else req.resume().on("end", () => res.end());
});
server.listen(0, "127.0.0.1", () => serveParent((server.address() as AddressInfo).port));
