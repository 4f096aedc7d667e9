// Answers a GET with so many pieces of 256 KiB, and reads a POST to its end, both chunked: node chunked-upstream.ts <pieces>
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { serveParent } from "../../support/programs.ts";

const piece = Buffer.alloc(262_144, "x");
const pieces = Number(process.argv[2]);

function* chunks() {
  for (let count = 0; count < pieces; count++) yield piece;
}

const server = createServer((req, res) => {
  if (req.method === "GET") void pipeline(Readable.from(chunks()), res).catch(() => undefined);
  else req.resume().on("end", () => res.end());
});
serveParent(server);
