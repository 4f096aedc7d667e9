import { randomInt } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sourceAddressFor } from "../../apps/server/src/kubernetes/own-addresses.ts";
import type { Cluster, KubeObject } from "../../packages/cluster/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { get } from "../support/berth.ts";
import { hasCluster, openTestCluster } from "../support/cluster.ts";
import { registryUrl } from "../support/parts.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { pushOwnImage } from "../support/router-pods.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();
const app = "shop";
const host = `${app}.localhost`;

/** What was installed, wherever it is. */
const kinds = ["ClusterRole", "ClusterRoleBinding"].map((kind) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
}));
const namespaces = { apiVersion: "v1", kind: "Namespace" };

type ReadyPod = KubeObject & { status?: { conditions?: { type: string; status: string }[] } };

/** The registry of base images listens for this machine alone; pods reach it by this. */
async function relayBases(address: string): Promise<Server> {
  const server = createServer((socket) => {
    const registry = connect(Number(new URL(registryUrl).port), "127.0.0.1");
    socket.pipe(registry).pipe(socket);
    socket.on("error", () => registry.destroy());
    registry.on("error", () => socket.destroy());
  });
  await once(server.listen(0, address), "listening");
  return server;
}

describeWith("a cluster", isThere, reason, () => {
  const name = `berth-install-${process.pid}`;
  const prefix = `t${process.pid.toString(36)}-`;
  const port = randomInt(31_000, 32_700);
  let cluster: Cluster;
  let relay: Server;
  let person: Person;
  let home: string;
  let settings: string;

  beforeAll(async () => {
    cluster = await openTestCluster();
    const { items } = await cluster.list<KubeObject & { status: { addresses: { type: string; address: string }[] } }>({
      apiVersion: "v1",
      kind: "Node",
    });
    const node = items[0]!.status.addresses.find(({ type }) => type === "InternalIP")!.address;
    const address = (await sourceAddressFor(node))!;
    relay = await relayBases(address);
    home = join(tmpdir(), `${name}-home`);
    person = makePerson({ home });
    const bound = relay.address();
    const at = typeof bound === "object" && bound !== null ? bound.port : 0;
    settings = join(tmpdir(), `${name}-settings`);
    writeFileSync(settings, `BERTH_MIRRORS=docker.io=http://${address}:${at}\n`);
  }, 60_000);
  afterAll(async () => {
    await run("uninstall", "--delete-data", "--yes");
    const made = await cluster.list<KubeObject>(namespaces);
    for (const each of made.items.filter(({ metadata }) => metadata.name.startsWith(prefix)))
      await cluster.remove({ ...namespaces, namespace: null, name: each.metadata.name });
    await cluster.close();
    relay.close();
    person.remove();
    rmSync(home, { recursive: true, force: true });
    rmSync(settings, { force: true });
  }, 120_000);

  const env = { KUBECONFIG: process.env["KUBECONFIG"] ?? "", USER: "ada" };
  const run = (command: string, ...args: string[]) => person.berth([command, "--namespace", name, ...args], { env });
  const berth = (...args: string[]) => person.berth(args);
  const answers = { get: (at: string, path = "/") => get(port, at, path) };
  const server = { apiVersion: "v1", kind: "Pod", namespace: name, name: "server-0" };
  const isReady = ({ status }: ReadyPod) => status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";

  it("is installed with one command, which ends with its user logged in", async () => {
    const image = await pushOwnImage();
    const asked = ["--image", image, "--node-port", String(port), "--namespace-prefix", prefix, "--settings", settings];
    const printed = await run("install", "--dry-run", ...asked);
    expect(printed.out).toContain("kind: StatefulSet");
    expect(await cluster.get({ ...namespaces, namespace: null, name })).toBeNull();

    const { code, out, err } = await run("install", ...asked);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toContain(`Berth runs at http://localhost:${port}`);
    expect(err).toMatch(/registry {2}\S+ can pull/);
    expect((await berth("whoami")).out).toContain(`ada, owner at http://localhost:${port}`);
    // What the probe needed is gone.
    const pods = await cluster.list<KubeObject>({ apiVersion: "v1", kind: "Pod" }, { namespace: name });
    expect(pods.items.filter(({ metadata }) => metadata.name.startsWith("probe-"))).toEqual([]);
    expect(JSON.parse((await berth("apps", "list", "--json")).out)).toEqual([]);
  }, 240_000);

  it("serves a push through its routers", async () => {
    person.write({ "package.json": manifest(app), "server.js": answering("hello"), "berth.yaml": smallService });
    for (const args of [
      ["init", "-q", "-b", "main"],
      ["add", "-A"],
      ["commit", "-qm", "Say hello"],
    ])
      await person.git(...args);
    expect((await berth("link", app)).code).toBe(0);
    const pushed = await person.git("push", "berth", "main");
    expect(pushed.err).toContain(`http://${host}:${port}`);
    expect((await answers.get(host)).body).toBe("hello");
  }, 120_000);

  it("keeps its state and serves apps while the server's pod is replaced", async () => {
    const before = await cluster.get<ReadyPod>(server);
    const traffic = startTraffic(answers, host);
    await cluster.remove(server, { uid: before!.metadata.uid! });
    const after = await until(
      "the server's next pod",
      async () => {
        const pod = await cluster.get<ReadyPod>(server);
        return pod !== null && pod.metadata.uid !== before!.metadata.uid && isReady(pod) && pod;
      },
      90_000,
    );
    expect(after).toBeTruthy();
    expect((await berth("releases", "--app", app)).out).toContain("Say hello");
    expect(await traffic.stop()).toEqual([]);
    expect(traffic.count()).toBeGreaterThan(50);

    person.write({ "server.js": answering("again") });
    await person.git("commit", "-qam", "Say again");
    await person.git("push", "berth", "main");
    expect((await answers.get(host)).body).toBe("again");
  }, 180_000);

  it("says why nodes cannot pull, and is as it was once more with another option", async () => {
    const failed = await run("install", "--ingress", "berth-test.invalid");
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("Nodes cannot pull images from berth-test.invalid: apps could not start.");
    expect(failed.err).toContain("See that nodes find berth-test.invalid");
    const mended = await run("install", "--node-port", String(port), "--domain", "localhost");
    expect(mended.out).toContain(`Berth is up to date at http://localhost:${port}`);
    expect((await answers.get(host)).body).toBe("again");
  }, 240_000);

  it("is removed with everything that it was, while apps go on", async () => {
    const kept = await run("uninstall", "--yes");
    expect(kept.out).toContain(`kept: PersistentVolumeClaim ${name}/home-server-0`);
    expect(kept.out).toContain(`berth uninstall --namespace ${name} --delete-data`);
    expect(kept.out).toContain(`${prefix}${app}--production`);
    const { code } = await run("uninstall", "--delete-data", "--yes");
    expect(code).toBe(0);
    const named = async (kind: { apiVersion: string; kind: string }) =>
      (await cluster.list<KubeObject>(kind)).items.filter(({ metadata }) => metadata.name.includes(name));
    for (const kind of [namespaces, ...kinds]) expect(await named(kind)).toEqual([]);
    const pods = await cluster.list<ReadyPod>(
      { apiVersion: "v1", kind: "Pod" },
      { namespace: `${prefix}${app}--production` },
    );
    expect(pods.items.filter(isReady).length).toBeGreaterThan(0);
  }, 180_000);
});
