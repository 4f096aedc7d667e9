import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { KubeObject } from "../../packages/cluster/src/index.ts";
import { smallImage } from "../../packages/runtimes/src/kubernetes/testing/on-cluster.ts";
import { startTraffic } from "../router/traffic.ts";
import { getAt } from "../support/berth.ts";
import { type ClusterBerth, hasCluster, type Pod, startOnCluster } from "../support/cluster.ts";
import { answering, asking, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { type RouterPods, startRouterPods } from "../support/router-pods.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();

/** At which pods of the test cluster reach this machine. */
const machine = "198.18.0.1";

const berthYaml = `
services:
  web: { command: node web.js, routes: [/], resources: { cpu: 20m } }
  api: { command: node api.js, routes: [/api], health: { path: /name }, resources: { cpu: 20m } }
  sleepy: { command: node sleepy.js, routes: [], health: { path: / }, scale: { min: 0, idle: 1s }, resources: { cpu: 20m } }
`;

const farYaml = `
services:
  web: { command: node web.js, routes: [/], resources: { cpu: 20m } }
  api: { command: node api.js, routes: [], health: { path: / }, resources: { cpu: 20m } }
`;

type EndpointSlice = KubeObject & { endpoints?: { addresses: string[] }[] };
type Service = KubeObject & { spec?: { ports: { targetPort: number }[] } };

const askFor = (url: string) => `/ask?url=${encodeURIComponent(url)}`;
const addressOf = ({ status }: Pod) => status!.podIP!;

describeWith("a cluster", isThere, reason, () => {
  const system = `t${randomBytes(3).toString("hex")}-routers`;
  let on: ClusterBerth;
  let routers: RouterPods;
  const repositories: Repository[] = [];

  beforeAll(async () => {
    const labels = "app.kubernetes.io/name=berth,app.kubernetes.io/component=router";
    on = await startOnCluster({
      BERTH_LISTEN: "0.0.0.0",
      BERTH_LOG: "info",
      BERTH_ROUTER_PODS: `${system}/${labels}`,
    });
    routers = await startRouterPods(on, system, machine);
    const near = { "web.js": asking("web"), "api.js": asking("api"), "sleepy.js": answering("awake") };
    await push("near-routers", { "berth.yaml": berthYaml, ...near });
    await push("far-routers", { "berth.yaml": farYaml, "web.js": asking("far"), "api.js": answering("far api") });
  }, 300_000);
  afterAll(async () => {
    for (const repository of repositories) repository.remove();
    await routers?.remove();
    await on?.stop();
  }, 120_000);

  async function push(app: string, files: Record<string, string>): Promise<Repository> {
    const repository = await makeRepository(on.berth, app, { "package.json": manifest(app), ...files });
    repositories.push(repository);
    await repository.deploy();
    return repository;
  }

  const routerAddresses = async () => (await routers.pods()).map(addressOf).toSorted();
  const door = (address = routers.address, port = 80) => ({ address, port });
  const read = async (app: string, path: string, at = door()) => (await getAt(at, `${app}.localhost`, path)).body;
  const ask = (app: string, url: string) => read(app, askFor(url));

  async function apiOfNear(): Promise<{ pod: string; port: number }> {
    const pods = await on.pods("near-routers");
    const pod = pods.find(({ metadata }) => metadata.labels?.["dev.berth/service"] === "api")!;
    const { namespace } = pod.metadata;
    const service = await on.cluster.get<Service>({
      apiVersion: "v1",
      kind: "Service",
      namespace: namespace!,
      name: "api",
    });
    return { pod: addressOf(pod), port: service!.spec!.ports[0]!.targetPort };
  }

  async function namedRouters(service = "api"): Promise<string[]> {
    const [pod] = await on.pods("near-routers");
    const slice = await on.cluster.get<EndpointSlice>({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      namespace: pod!.metadata.namespace!,
      name: `${service}-routers-ipv4`,
    });
    return (slice?.endpoints ?? []).flatMap(({ addresses }) => addresses).toSorted();
  }

  /** Requests from outside, by connections of their own and by kept ones, and from web to api. */
  function startAllTraffic() {
    const agent = new Agent({ keepAlive: true });
    const expected: Record<string, string> = { "/name": "web", "/api/name": "api" };
    const through = [door(), { ...door(), agent }].map((at) => async (path: string) => {
      const { status, body } = await getAt(at, "near-routers.localhost", path);
      const isRight = body === (expected[path] ?? "api");
      return { status: isRight ? status : 0, body: isRight ? body : `${status} ${body}` };
    });
    return startTraffic(through, ["/name", "/api/name", askFor("http://api/name")]);
  }

  it("apps are served through each router pod, through the Service before them, and by the server itself", async () => {
    for (const address of await routerAddresses())
      expect(await read("near-routers", "/name", door(address, on.berth.port))).toBe("web");
    expect(await read("near-routers", "/name")).toBe("web");
    expect((await on.berth.get("near-routers.localhost", "/name")).body).toBe("web");
  });

  it("services reach each other through the router pods, also one that sleeps", async () => {
    expect(await namedRouters()).toEqual(await routerAddresses());
    expect(await ask("near-routers", "http://api/name")).toBe("api");
    expect(await ask("near-routers", "http://sleepy/")).toBe("awake");
    const { port } = await apiOfNear();
    for (const address of await routerAddresses())
      expect(await ask("near-routers", `http://${address}:${port}/name`)).toBe("api");
  }, 60_000);

  it("another environment reaches neither the instances nor the ports of these neighbours", async () => {
    const { pod, port } = await apiOfNear();
    expect(await ask("near-routers", `http://${pod}:8080/name`)).toBe("api");
    expect(await ask("far-routers", `http://${pod}:8080/name`)).toMatch(/^failed: /);
    for (const address of await routerAddresses()) {
      expect(await ask("far-routers", `http://${address}:${port}/name`)).toMatch(/^failed: /);
      // By its public port an app is anybody's, and its own neighbour is its own.
      expect(await ask("far-routers", `http://${address}:${on.berth.port}/healthz`)).toBe("ready\n");
    }
    expect(await ask("far-routers", "http://api/")).toBe("far api");
  }, 120_000);

  it("a pod that is nobody's instance does not reach the ports of neighbours", async () => {
    const { pod, port } = await apiOfNear();
    const program = `fetch(process.argv[1], { signal: AbortSignal.timeout(5_000) }).then(() => 0, () => 7).then(process.exit)`;
    const [router] = await routerAddresses();
    const urls = [
      `http://${router}:${on.berth.port}/healthz`,
      `http://${router}:${port}/name`,
      `http://${pod}:8080/name`,
    ];
    const names = urls.map((_, index) => `impostor-${index}`);
    for (const [index, name] of names.entries()) {
      const containers = [{ name: "app", image: smallImage, command: ["node", "-e", program, urls[index]!] }];
      const spec = { restartPolicy: "Never", containers };
      const impostor: KubeObject & { spec: object } = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: system },
        spec,
      };
      await on.cluster.create(impostor);
    }
    type Ended = KubeObject & { status?: { containerStatuses?: { state: { terminated?: { exitCode: number } } }[] } };
    const exitOf = async (name: string) => {
      const found = await on.cluster.get<Ended>({ apiVersion: "v1", kind: "Pod", namespace: system, name });
      return found?.status?.containerStatuses?.[0]?.state.terminated?.exitCode ?? null;
    };
    const exits = await Promise.all(names.map((name) => until(`${name} ends`, () => exitOf(name), 60_000)));
    expect(exits).toEqual([0, 7, 7]);
  }, 120_000);

  it("every router routes by a new release when its deploy is over", async () => {
    const [near] = repositories;
    for (const text of ["web two", "web three"]) {
      near!.write({ "web.js": asking(text) });
      await near!.commit(`Say ${text}`);
      await near!.deploy();
      for (const address of await routerAddresses())
        expect(await read("near-routers", "/name", door(address, on.berth.port))).toBe(text);
    }
    near!.write({ "web.js": asking("web") });
    await near!.commit("Say web");
    await near!.deploy();
  }, 120_000);

  it("no request fails while a router pod is deleted and another one comes", async () => {
    const traffic = startAllTraffic();
    const [first] = await routers.pods();
    const seen: string[][] = [];
    await on.cluster.remove({ apiVersion: "v1", kind: "Pod", namespace: system, name: first!.metadata.name });
    const at = Date.now();
    const isOut = async () => {
      seen.push(await namedRouters());
      return !seen.at(-1)!.includes(addressOf(first!));
    };
    await until("it is in no slice", isOut);
    expect(Date.now() - at).toBeLessThan(2_000);
    const isGone = async () => {
      const { namespace, name } = { namespace: system, name: first!.metadata.name };
      seen.push(await namedRouters());
      return (await on.cluster.get({ apiVersion: "v1", kind: "Pod", namespace, name })) === null;
    };
    await until("the pod is gone", isGone, 60_000);
    await until("the new one is named", async () => (await namedRouters()).length === 2);
    expect(await namedRouters()).toEqual(await routerAddresses());
    expect(await traffic.stop()).toEqual([]);
    expect(traffic.count()).toBeGreaterThan(500);
    expect(seen.filter((addresses) => addresses.length === 0)).toEqual([]);
    // What Berth changes itself is nobody's doing.
    expect(on.berth.output()).not.toContain("Changed by hand");
  }, 120_000);

  it("apps and neighbours are served while the server is stopped, by a router that was started anew as well", async () => {
    const traffic = startAllTraffic();
    await on.berth.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await traffic.stop()).toEqual([]);
    const [first] = await routers.pods();
    const { name } = first!.metadata;
    await on.cluster.exec(
      { apiVersion: "v1", kind: "Pod", namespace: system, name },
      { argv: ["sh", "-c", "kill -TERM 1"], signal: AbortSignal.timeout(10_000) },
    );
    type Restarted = Pod & { status?: { containerStatuses?: { restartCount: number; ready: boolean }[] } };
    await until(
      "its container is ready again",
      async () => {
        const pod = await on.cluster.get<Restarted>({ apiVersion: "v1", kind: "Pod", namespace: system, name });
        return pod?.status?.containerStatuses?.some(({ restartCount, ready }) => restartCount === 1 && ready);
      },
      60_000,
    );
    const { port } = await apiOfNear();
    expect(await read("near-routers", "/name", door(addressOf(first!), on.berth.port))).toBe("web");
    expect(await ask("near-routers", `http://${addressOf(first!)}:${port}/name`)).toBe("api");
    await on.berth.restart();
    const again = startAllTraffic();
    await until("the server knows its routers", async () => on.berth.output().includes("a router has connected"));
    expect((await on.berth.rollback("near-routers")).state).toBe("succeeded");
    for (const address of await routerAddresses())
      expect(await read("near-routers", "/name", door(address, on.berth.port))).toBe("web three");
    const failures = await again.stop();
    expect(failures.filter((failure) => !failure.includes("web three"))).toEqual([]);
  }, 180_000);
});
