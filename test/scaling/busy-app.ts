import { manifest } from "../support/programs.ts";

const server = `
  import { createServer } from "node:http";
  import { hostname } from "node:os";
  import { setTimeout as sleep } from "node:timers/promises";
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const ms = Number(searchParams.get("ms"));
    if (pathname === "/slow") await sleep(ms);
    if (pathname === "/through") await (await fetch(process.env.BERTH_URL_API + "/slow?ms=" + ms)).text();
    for (const end = Date.now() + ms; pathname === "/compute" && Date.now() < end; );
    if (pathname === "/stream") return response.write("begun");
    response.end(pathname === "/who" ? hostname() + " " + process.pid : "done");
  });
  server.on("upgrade", (request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: echo\\r\\n\\r\\n");
    socket.pipe(socket);
  });
  server.listen(process.env.PORT);
`;

/** An app that waits (`/slow?ms=`), asks its neighbour `api` to (`/through?ms=`), computes (`/compute?ms=`), begins and goes on (`/stream`), says which instance it is (`/who`), or takes an upgrade. */
export function busyApp(name: string, services: string): Record<string, string> {
  return { "package.json": manifest(name), "server.js": server, "berth.yaml": `services:\n${services}` };
}
