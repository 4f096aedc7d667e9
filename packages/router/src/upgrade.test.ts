import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { ask } from "./support/request.ts";
import { converse, openSocket, startInstance, startRawInstance, startRouter, until } from "./support/servers.ts";

const hello =
  "GET /chat HTTP/1.1\r\nHost: shop.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const accept = createHash("sha1")
  .update("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
  .digest("base64");

/** An instance that accepts the upgrade and hands its end of the tunnel over. */
async function startTunnelEnd(): Promise<{ port: number; end: () => Socket | null; head: () => string }> {
  let tunnel: Socket | null = null;
  let heard = "";
  const port = await startRawInstance((socket) => {
    const listen = (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (tunnel !== null || !heard.includes("\r\n\r\n")) return;
      tunnel = socket;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nfirst`,
      );
    };
    socket.on("data", listen);
  });
  return { port, end: () => tunnel, head: () => heard };
}

describe("an upgraded connection", () => {
  it("carries bytes both ways, with those that came along with the heads", async () => {
    const instance = await startTunnelEnd();
    const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const { socket, text, closed } = openSocket(port);
    socket.write(`${hello}early`);
    await until(() => text().endsWith("first"), "the answer arrives");
    expect(text()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n/);
    expect(text()).toContain(`Sec-WebSocket-Accept: ${accept}`);
    await until(() => instance.head().endsWith("early"), "the early bytes arrive");
    expect(instance.head()).toContain("x-forwarded-for: 127.0.0.1");
    expect(router.load().get("web")?.inFlight).toBe(1);
    socket.write("ping");
    await until(() => instance.head().endsWith("ping"), "bytes arrive at the instance");
    instance.end()?.write("pong");
    await until(() => text().endsWith("pong"), "bytes arrive at the client");
    instance.end()?.destroy();
    await closed;
    await until(() => router.load().get("web")?.inFlight === 0, "it is no longer counted");
  });

  it.each(["client", "instance"] as const)(
    "may be half closed by the %s while the other side goes on",
    async (first) => {
      const instance = await startTunnelEnd();
      const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
      const client = openSocket(port);
      client.socket.removeAllListeners("end");
      client.socket.write(hello);
      await until(() => client.text().endsWith("first"), "the tunnel is open");
      const [closing, other] = first === "client" ? [client.socket, instance.end()!] : [instance.end()!, client.socket];
      const heard = () => (first === "client" ? client.text() : instance.head());
      const ended = new Promise((resolve) => other.once("end", resolve));
      closing.end();
      await ended;
      other.write("after");
      await until(() => heard().endsWith("after"), "the side that closed still hears");
      expect(router.load().get("web")?.inFlight).toBe(1);
      other.end();
      await until(() => router.load().get("web")?.inFlight === 0, "both are closed");
    },
  );

  it("breaks for the instance when the client breaks it", async () => {
    const instance = await startTunnelEnd();
    const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const { socket, text } = openSocket(port);
    socket.write(hello);
    await until(() => text().endsWith("first"), "the tunnel is open");
    socket.resetAndDestroy();
    const seen = () => instance.end()?.readableEnded === true || instance.end()?.destroyed === true;
    await until(seen, "the instance sees it");
    await until(() => router.load().get("web")?.inFlight === 0, "it is no longer counted");
    expect(seen()).toBe(true);
  });

  it("outlives a flip of the table", async () => {
    const instance = await startTunnelEnd();
    const { port, apply } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const { socket, text } = openSocket(port);
    socket.write(hello);
    await until(() => text().endsWith("first"), "the tunnel is open");
    apply([{ id: "next", ports: [(await startInstance((_, res) => res.end("next"))).port] }]);
    expect((await ask({ port })).body).toBe("next");
    instance.end()?.write("still here");
    await until(() => text().endsWith("still here"), "the old tunnel lives");
  });
});

describe("an upgrade that is not made", () => {
  it("is answered as the instance answers it, and the connection ends: nothing can follow it past the routing", async () => {
    const instance = await startInstance((_, res) => res.writeHead(403, { "content-type": "text/plain" }).end("no"));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const text = await converse(port, `${hello}GET /smuggled HTTP/1.1\r\nHost: shop.localhost\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(text).toMatch(/connection: close/i);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it("gets a page where there is no app, no instance, or one that cannot be reached", async () => {
    const { port } = await startRouter([{ id: "web", state: "failed", reason: "It crashed." }]);
    expect(await converse(port, hello)).toMatch(/^HTTP\/1\.1 503 [^]*It crashed\./);
    expect(await converse(port, hello.replace("shop.", "other."))).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("to HTTP/2, or with a body, is served as an ordinary request", async () => {
    const instance = await startInstance((req, res) => req.pipe(res));
    const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
    const upgrade = {
      connection: "Upgrade, HTTP2-Settings, close",
      upgrade: "h2c",
      "http2-settings": "AAMAAABkAAQAAP__",
    };
    expect(await ask({ port, headers: upgrade })).toMatchObject({ status: 200 });
    expect(
      await ask({ port, method: "POST", body: "kept", headers: { connection: "Upgrade", upgrade: "websocket" } }),
    ).toMatchObject({ status: 200, body: "kept" });
  });

  it("waits for a sleeping workload", async () => {
    const instance = await startTunnelEnd();
    const { port, apply, router } = await startRouter([{ id: "web", state: "asleep" }]);
    const { socket, text } = openSocket(port);
    socket.write(hello);
    await until(() => router.load().get("web")?.inFlight === 1, "it waits");
    apply([{ id: "web", ports: [instance.port] }]);
    await until(() => text().endsWith("first"), "the tunnel is open");
    expect(text()).toMatch(/^HTTP\/1\.1 101 /);
  });
});
