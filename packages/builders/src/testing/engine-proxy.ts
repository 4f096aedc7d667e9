import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A way to the engine that can be cut. */
export interface EngineProxy {
  /** As in DOCKER_HOST. */
  host: string;
  /** Cuts all connections, and takes no more. */
  cut(): void;
  close(): Promise<void>;
}

/** Passes a socket of its own on to the engine's. */
export async function openEngineProxy(engineSocket = "/var/run/docker.sock"): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), "berth-proxy-"));
  const path = join(folder, "docker.sock");
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (isCut) return void client.destroy();
    const engine = connect({ path: engineSocket, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(engine);
    engine.pipe(client);
  });
  server.listen(path);
  await once(server, "listening");
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: `unix://${path}`,
    cut,
    async close() {
      cut();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
