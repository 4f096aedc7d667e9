import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type FaultProxy, openFaultProxy } from "../../packages/cluster/src/testing/fault-proxy.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { describeWith } from "../support/requires.ts";
import { deployTextApp, type TextApp } from "../support/text-app.ts";
import { until } from "../support/until.ts";
import { findDifferences } from "./differences.ts";

const { isThere, reason } = await hasCluster();
const app = "twice";

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth & { proxy: FaultProxy | null };
  let text: TextApp;
  beforeAll(async () => {
    on = await startOnCluster({}, { proxied: true });
    text = await deployTextApp(on.berth, app, "here");
  }, 180_000);
  afterAll(async () => {
    text.repository.remove();
    await on.stop();
  }, 60_000);

  function makeFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "berth-second-"));
    onTestFinished(() => removeFolder(folder));
    return folder;
  }

  const uids = async () => (await on.pods(app)).map(({ metadata }) => metadata.uid);
  const looksAtLease = ({ seen }: FaultProxy) =>
    seen.filter(({ method, url }) => method === "GET" && url.endsWith("/leases/deployer")).length;

  it("of two servers of one installation that start at once one acts, and the other says who does and waits for its end", async () => {
    const before = await uids();
    await on.berth.kill();
    const home = makeFolder();
    cpSync(on.berth.home, home, { recursive: true });
    const proxy = await openFaultProxy(on.settings["KUBECONFIG"]!);
    onTestFinished(() => proxy.close());
    // With the port in the names of its images it would be another one that makes other pods.
    const elsewhere = { BERTH_LISTEN: "127.0.0.2", BERTH_PORT: String(on.berth.port) };
    const settings = { ...on.settings, ...elsewhere, BERTH_HOME: home, KUBECONFIG: proxy.kubeconfig };
    const servers = [
      { proxy: on.proxy!, started: on.berth.restart().then(() => on.berth) },
      { proxy, started: startBerth(settings) },
    ];
    for (const { started } of servers) onTestFinished(async () => void (await (await started).kill()));
    const first = await Promise.race(servers.map(async (server) => ({ server, berth: await server.started })));
    const second = servers.find((server) => server !== first.server)!;
    let isStarted = false;
    void second.started.then(() => (isStarted = true));
    const looked = looksAtLease(second.proxy);
    await until("the second has looked at the lease again and again", () => looksAtLease(second.proxy) >= looked + 3);
    expect(isStarted).toBe(false);
    expect((await first.berth.get(text.host)).body).toBe("here");

    await first.berth.kill();
    const berth: Berth = await second.started;
    expect(berth.output()).toMatch(
      new RegExp(`${first.berth.home} \\(\\w+\\) acts on this cluster. This server waits`),
    );
    expect((await berth.get(text.host)).body).toBe("here");
    expect(await uids()).toEqual(before);
    expect(await findDifferences(on.cluster, berth.home)).toEqual([]);
    await berth.kill();
  }, 180_000);

  it("another installation with the same prefix of namespaces does not start, and says why", async () => {
    // Whose lease it was is gone by now, or will be in a moment.
    await on.berth.restart();
    const refused = startBerth({ ...on.settings, BERTH_HOME: makeFolder(), BERTH_PORT: "0" });
    await expect(refused).rejects.toThrow(
      /Another installation of Berth has the namespaces of this cluster that begin with t/,
    );
    await expect(refused).rejects.toThrow(/BERTH_NAMESPACE_PREFIX/);
    expect((await on.berth.get(text.host)).body).toBe("here");
  }, 120_000);
});
