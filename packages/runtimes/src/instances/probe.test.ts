import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { probeHttp } from "./probe.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server, host: string): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

const hosts = ["127.0.0.1", "::1"];
const never = new AbortController().signal;

describe("probeHttp", () => {
  it("gives the status and the host that answers, with a request any server takes", async () => {
    const asked: unknown[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(request.url, request.headers.host);
      response.writeHead(404).end("x".repeat(100_000));
    });
    const port = await listen(server, "127.0.0.1");
    expect(await probeHttp({ hosts, port }, "/healthz?deep=1", 5_000, never)).toEqual({
      kind: "answered",
      host: "127.0.0.1",
      status: 404,
    });
    expect(asked).toEqual(["/healthz?deep=1", `127.0.0.1:${port}`]);
  });

  it("finds what listens at ::1 only", async ({ skip }) => {
    const port = await listen(
      createHttpServer((_, response) => response.end()),
      "::1",
    ).catch(() => null);
    if (port === null) return skip("this machine has no IPv6");
    expect(await probeHttp({ hosts, port }, "/", 5_000, never)).toEqual({ kind: "answered", host: "::1", status: 200 });
  });

  it("tells nobody there from somebody who does not answer, or not HTTP", async () => {
    const mute = await listen(
      createServer(() => {}),
      "127.0.0.1",
    );
    expect(await probeHttp({ hosts, port: mute }, "/", 50, never)).toEqual({ kind: "silent" });
    const other = await listen(
      createServer((socket) => socket.resume().end("220 mail.example ESMTP\r\n")),
      "127.0.0.1",
    );
    expect(await probeHttp({ hosts, port: other }, "/", 5_000, never)).toEqual({ kind: "silent" });
    const gone = servers.pop();
    await new Promise((resolve) => gone?.close(resolve));
    expect(await probeHttp({ hosts, port: other }, "/", 5_000, never)).toEqual({ kind: "refused" });
  });

  it("gives up at once when the signal aborts", async () => {
    const mute = await listen(
      createServer(() => {}),
      "127.0.0.1",
    );
    const abort = new AbortController();
    const probe = probeHttp({ hosts, port: mute }, "/", 600_000, abort.signal);
    abort.abort();
    expect(await probe).toEqual({ kind: "refused" });
  });
});
