import { once } from "node:events";
import { request } from "node:http";
import type { Duplex } from "node:stream";

/** Has a connection to an app of this machine's server upgraded, to one that says again what it is told. */
export async function openSocket(port: number, host: string): Promise<Duplex> {
  const headers = { host: `${host}:${port}`, connection: "Upgrade", upgrade: "echo" };
  const asked = request({ host: "127.0.0.1", port, headers, agent: false }).end();
  const refused = once(asked, "response").then(([{ statusCode }]) => {
    throw new Error(`it was not upgraded, but answered ${statusCode}`);
  });
  const [, socket] = (await Promise.race([once(asked, "upgrade"), refused])) as [unknown, Duplex];
  return socket.on("error", () => socket.destroy());
}
