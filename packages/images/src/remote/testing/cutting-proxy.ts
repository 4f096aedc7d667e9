import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface CuttingProxy {
  /** Where it listens. */
  host: string;
  /** How many connections it has cut. */
  cuts: number;
}

/** Passes connections on to a server, and cuts one of them each time so many bytes have gone up or down in all, `times` times. */
export async function serveCutting(target: string, everyBytes: number, times: number): Promise<CuttingProxy> {
  const [hostname, port] = target.split(":");
  const proxy: CuttingProxy = { host: "", cuts: 0 };
  let passed = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("error", () => to.destroy());
      from.on("data", (chunk) => {
        passed += chunk.length;
        if (passed < everyBytes || proxy.cuts >= times) return;
        passed = 0;
        proxy.cuts++;
        // What is on its way already arrives; nothing more does.
        client.destroySoon();
        upstream.destroySoon();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  proxy.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
