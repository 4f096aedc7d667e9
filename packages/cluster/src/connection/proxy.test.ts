import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { openCluster } from "../open-cluster.ts";
import { describeWithCluster, systemDeps, testKubeconfig } from "../testing/cluster.ts";

await describeWithCluster("a kubeconfig with a proxy", () => {
  it("is called through it, by WebSocket, too", async () => {
    const tunnels: string[] = [];
    const proxy = createServer().listen(0, "127.0.0.1");
    proxy.on("connect", ({ url = "" }, client) => {
      tunnels.push(url);
      const [host = "", port] = url.split(":");
      const server = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        server.pipe(client);
        client.pipe(server);
      });
      for (const socket of [client, server]) socket.on("error", () => {});
      client.on("close", () => server.destroy());
      server.on("close", () => client.destroy());
    });
    await once(proxy, "listening");
    const address = proxy.address();
    const folder = await mkdtemp(join(tmpdir(), "berth-proxy-"));
    const text = await readFile(testKubeconfig(), "utf8");
    const config: { clusters: { cluster: Record<string, unknown> }[] } = parse(text);
    for (const { cluster } of config.clusters) {
      if (typeof address === "object") cluster["proxy-url"] = `http://127.0.0.1:${address?.port}`;
      const file = cluster["certificate-authority"];
      if (typeof file === "string") cluster["certificate-authority"] = join(dirname(testKubeconfig()), file);
    }
    await writeFile(join(folder, "kubeconfig"), stringify(config));
    const cluster = await openCluster({ kubeconfig: join(folder, "kubeconfig"), deps: systemDeps });
    onTestFinished(async () => {
      await cluster.close();
      proxy.closeAllConnections();
      proxy.close();
      await rm(folder, { recursive: true, force: true });
    });
    expect(tunnels).toHaveLength(1);
    const pod = { apiVersion: "v1", kind: "Pod", namespace: "default", name: "none" };
    const result = await cluster.exec(pod, { argv: ["true"], signal: new AbortController().signal });
    expect(result.message).toBe('pods "none" not found');
    expect(tunnels.length).toBeGreaterThan(1);
  });
});
