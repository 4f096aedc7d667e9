import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A registry that lets in only whom it has given a token. */
export interface TokenRegistry {
  /** Such as `127.0.0.1:40001`. */
  host: string;
  /** The `Authorization` of each who asked for a token; empty where there was none. */
  asked: string[];
  close(): Promise<void>;
}

const token = "a-token";

/** Serves what another registry has. Tokens are for those with this `user:password`; null: for all. */
export async function serveTokenRegistry(origin: string, login: string | null): Promise<TokenRegistry> {
  const asked: string[] = [];
  const wanted = login === null ? null : `Basic ${Buffer.from(login).toString("base64")}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "/", method = "GET", headers } = request;
    if (url.startsWith("/token")) {
      // A login with a name is asked for by a form first, which not every registry knows.
      if (method === "POST") return void response.writeHead(404).end();
      asked.push(headers.authorization ?? "");
      if (wanted !== null && headers.authorization !== wanted) return void response.writeHead(401).end();
      return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token }));
    }
    if (headers.authorization !== `Bearer ${token}`) {
      const challenge = `Bearer realm="http://${headers.host}/token",service="test"`;
      return void response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    const accept = headers.accept ?? "*/*";
    const found = await fetch(new URL(url, origin), { method, headers: { accept } });
    const kept = new Set(["content-type", "content-length", "docker-content-digest"]);
    response.writeHead(found.status, Object.fromEntries([...found.headers].filter(([name]) => kept.has(name))));
    if (found.body === null) return void response.end();
    await pipeline(Readable.fromWeb(found.body), response);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
