import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Actor,
  BerthError,
  type Builder,
  type BuildPlan,
  type Digest,
  defaultPreviews,
  type Operation,
  type PlannedService,
  type PreviewRules,
  type ProbeAnswer,
  quietLog,
  type ReleaseCommand,
  type Requester,
  type RoutingTable,
  type Runtime,
  type Scope,
  type ServiceSpec,
  type SourceTree,
  type Store,
  systemRandom,
  type WorkloadLoad,
} from "../../packages/core/src/index.ts";
import { defaultPolicy, type Deployer, startDeployer } from "../../packages/deployer/src/index.ts";
import { awayError, Fleet } from "../../packages/runtimes/src/index.ts";
import { keyFile, openConfigVault, openSqliteStore } from "../../packages/store/src/index.ts";
import { makeManualClock, type ManualClock } from "../support/manual-clock.ts";
import { until } from "../support/until.ts";
import { type Faults, makeFaults } from "./faults.ts";
import { makeMemoryRuntime, type MemoryRuntime } from "./memory-runtime.ts";

export const ada: Actor = { person: "ada", role: "owner" };
export const production = { app: "shop", environment: "production" };

/** A deployer on the real store, with a clock that is moved by hand and a runtime without processes. */
export interface Yard {
  clock: ManualClock;
  store: Store;
  runtime: MemoryRuntime;
  /** What registered clusters run. */
  clusters: Map<string, MemoryRuntime>;
  /** From the next start on a cluster does not answer, until it joins. */
  away: Set<string>;
  /** A cluster that was away answers. */
  join(cluster: string): Promise<void>;
  faults: Faults;
  /** Refs as git would have them, by branch; null once deleted. */
  refs: Map<string, string | null>;
  /** Images that are there. */
  images: Set<Digest>;
  /** The releases whose images were put outside under their tags, in order. */
  published: number[];
  load: Map<string, WorkloadLoad>;
  /** Who asks for what may sleep. */
  requesters: Map<string, readonly Requester[]>;
  /** From now on so many requests of a workload are in flight, as its router tells. */
  count(workload: string, inFlight: number): void;
  /** What instances answer to a drill, by image and path, such as `one /login`; all else is answered with 200. */
  answers: Map<string, Partial<ProbeAnswer>>;
  /** What the names of base images stand for in their registries, where it is not always the same. */
  registry: Map<string, Digest>;
  deployer(): Deployer;
  /** The routing table that the router was handed last. */
  table(): RoutingTable;
  /** What deploys run from now on before they take requests. */
  setRelease(command: ReleaseCommand | null): void;
  /** What berth.yaml says of previews from now on. */
  setPreviews(rules: Partial<PreviewRules>): void;
  /** From now on a table is what every router has once this resolves. */
  setApplied(applied: Promise<readonly string[]>): void;
  /** Begins to deploy a release whose services have these contents. */
  begin(contents: Contents, environment?: string, actor?: Actor): Promise<{ id: string; done: Promise<Operation> }>;
  deploy(contents: Contents, environment?: string): Promise<Operation>;
  rollback(version?: number, options?: { force?: boolean; undo?: boolean }): Promise<Operation>;
  move(cluster: string, environment?: string): Promise<Operation>;
  /** Leaves the deployer as a crash would, and starts another on the same store, runtime and refs. */
  crash(): Promise<void>;
  /** Looks again and again, a few moments later each time, until it is so. */
  until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void>;
  /** The version that is served and the one that is wanted. */
  pointers(environment?: string): Promise<{ live: number | null; desired: number | null }>;
  close(): Promise<void>;
}

/** By service: what its image is made of, and what its spec has beside the defaults. */
export type Contents = Record<string, { image: string } & Partial<ServiceSpec>>;

/** How far the clock goes with each look: instances that drain are looked at this often. */
const stepMs = 50;

export async function makeYard({
  scalesByLoad = false,
  clusters: names = [] as string[],
  scaling = defaultPolicy.scaling,
} = {}): Promise<Yard> {
  const folder = mkdtempSync(join(tmpdir(), "berth-yard-"));
  const clock = makeManualClock();
  const store = await openSqliteStore({ file: join(folder, "berth.db"), clock, random: systemRandom, log: quietLog });
  const vault = await openConfigVault({
    source: keyFile(join(folder, "config-keys")),
    store,
    clock,
    random: systemRandom,
    log: quietLog,
  });
  await store.apps.create({ name: "shop", defaultBranch: "main" }, ada);
  const runtime = makeMemoryRuntime(clock, scalesByLoad);
  const clusters = new Map(names.map((name) => [name, makeMemoryRuntime(clock, scalesByLoad, `${name}-`)]));
  for (const name of names) await store.clusters.create({ name, options, identity: name }, ada);
  const away = new Set<string>();
  const fleetDeps = { main: runtime, clusterOf, closeMembers: async () => undefined };
  let fleet = new Fleet(fleetDeps);
  const faults = makeFaults();
  const refs = new Map<string, string | null>();
  const images = new Set<Digest>();
  const published: number[] = [];
  const load = new Map<string, WorkloadLoad>();
  const requesters = new Map<string, readonly Requester[]>();
  const watchers = new Set<(workload: string) => void>();
  const registry = new Map<string, Digest>();
  const answers = new Map<string, Partial<ProbeAnswer>>();
  let table: RoutingTable = { version: 0, hosts: new Map(), neighbours: new Map(), workloads: new Map(), unread: [] };
  let applied: Promise<readonly string[]> = Promise.resolve([]);
  let planned: readonly PlannedService[] = [];
  let release: ReleaseCommand | null = null;
  let previews: PreviewRules = { ...defaultPreviews, sleep: false };
  let deploys = 0;
  let life = 0;
  let deployer = await start();

  async function clusterOf({ app, environment }: Scope): Promise<string | null> {
    return (await store.environments.get(app, environment))?.cluster ?? null;
  }

  function answerAt(port: number, path: string): ProbeAnswer {
    const image = [runtime, ...clusters.values()].map((each) => each.imageAt(port)).find((found) => found !== null);
    if (image === undefined) return { status: null, durationMs: 0, bytes: 0, failure: "it does not listen" };
    const given = [...answers].find(
      ([key]) => `${digestOf(key.split(" ")[0]!)} ${path}` === `${image} ${key.split(" ")[1]}`,
    );
    return { status: 200, durationMs: 1, bytes: 2, failure: null, ...given?.[1] };
  }

  async function findCluster(name: string): Promise<string | null> {
    const cluster = name === "default" ? null : name;
    fleet.runtimeOf(cluster);
    return cluster;
  }

  async function start(): Promise<Deployer> {
    fleet = new Fleet(fleetDeps);
    life += 1;
    const mine = life;
    for (const [name, member] of clusters) {
      if (away.has(name)) fleet.setAway(name, awayError(name, unreachable));
      else await fleet.join(name, member);
    }
    const refMover = {
      move: async (_: string, branch: string, commit: string | null) => void refs.set(branch, commit),
      forget: async () => undefined,
      remove: async () => refs.clear(),
    };
    return startDeployer({
      store: faults.wrap(store),
      runtime: faults.wrap(
        mortal<Runtime>(names.length === 0 ? runtime : fleet, () => mine === life),
        "runtime.",
      ),
      findCluster,
      refs: faults.wrap(refMover, "refs."),
      builder: makeBuilder(images, clock),
      planApp: async () => ({ ok: true, services: planned, release, previews }),
      router: {
        apply(next) {
          table = next;
          return applied;
        },
        load: () => load,
        requesters: () => requesters,
        watch(stirs) {
          watchers.add(stirs);
          return () => void watchers.delete(stirs);
        },
      },
      images: {
        has: async (digest) => images.has(digest),
        unfit: async () => null,
        publish: async () => undefined,
        publishRelease: async ({ version }) => void published.push(version),
        remove: async (digests) => digests.forEach((digest) => images.delete(digest)),
      },
      resolveBase: async (image) => registry.get(image) ?? digestOf(image),
      buildSecrets: async () => ({}),
      vault,
      packages: { ofSource: async () => [], ofImage: async () => null },
      compareCommits: async () => ({ direction: "unknown", added: [], addedCount: 0, removed: [], removedCount: 0 }),
      records: { seal: (artifact) => artifact, isGenuine: async () => true, sign: async () => undefined },
      openTree: async () => emptyTree,
      url: ({ app, environment }) => `http://${app}.test/${environment}`,
      domain: "test",
      neighbourUrl: (port) => `http://127.0.0.1:${port}`,
      probe: async ({ port }, { path }) => answerAt(port, path),
      drawPort: (taken) => 30_000 + taken.size,
      installationKey: Buffer.alloc(32),
      policy: { ...defaultPolicy, scaling },
      clock,
      random: systemRandom,
      log: quietLog,
    });
  }

  async function begin(contents: Contents, environment = "production", actor = ada) {
    planned = Object.entries(contents).map(([name, { image, ...spec }]) => planService(name, image, spec));
    deploys += 1;
    const branch = environment === "production" ? "main" : environment;
    const commit = String(deploys).padStart(40, "0");
    const { operation, done } = await deployer.deploy(
      {
        app: "shop",
        environment,
        origin: { commit, tree: commit, branch, message: "Change it", author: "Ada" },
        source: emptyTree,
        ref: { branch, commit },
        check: async () => undefined,
        includes: async () => true,
      },
      actor,
    );
    return { id: operation.id, done };
  }

  return {
    clock,
    store,
    runtime,
    clusters,
    away,
    async join(cluster) {
      away.delete(cluster);
      await fleet.join(cluster, clusters.get(cluster)!);
    },
    faults,
    refs,
    images,
    published,
    load,
    requesters,
    count(workload, inFlight) {
      const at = clock.now();
      const before = load.get(workload)?.counters[0] ?? { requests: 0, busyMs: 0, inFlight: 0, at };
      const busyMs = before.busyMs + before.inFlight * (at - before.at);
      const counter = { router: "", requests: before.requests + 1, busyMs, inFlight, at };
      load.set(workload, { inFlight, lastRequestAt: at, instances: new Map(), counters: [counter] });
      for (const stirs of watchers) stirs(workload);
    },
    registry,
    answers,
    deployer: () => deployer,
    table: () => table,
    setApplied: (promise) => void (applied = promise),
    setRelease: (command) => void (release = command),
    setPreviews: (rules) => void (previews = { ...previews, ...rules }),
    begin,
    deploy: async (contents, environment) => await (await begin(contents, environment)).done,
    async rollback(version, options = {}) {
      const { done } = await deployer.rollback({ ...production, version: version ?? null, ...options }, ada);
      return await done;
    },
    async move(cluster, environment = "production") {
      const { done } = await deployer.move({ app: "shop", environment, cluster }, ada);
      return await done;
    },
    async crash() {
      deployer = await start();
    },
    async until(what, isSo) {
      await until(what, async () => {
        const found = await isSo();
        if (!found) clock.advance(stepMs);
        return found;
      });
    },
    async pointers(environment = "production") {
      const { live, desired } = (await store.environments.get("shop", environment))!;
      return { live, desired };
    },
    async close() {
      await deployer.stop();
      await vault.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const unreachable = new BerthError("cluster.unreachable", "It does not answer.");
const options = {
  namespacePrefix: "x-",
  registry: null,
  routerAddresses: null,
  ranges: null,
  quota: null,
};

const emptyTree: SourceTree = {
  id: "0".repeat(40),
  list: async () => [],
  // oxlint-disable-next-line require-yield -- there is nothing in it
  async *contents() {},
  subtree: async () => emptyTree,
};

const plan: BuildPlan = {
  stack: "plain",
  findings: [],
  base: { image: "none", digest: null },
  buildImage: null,
  dockerfile: null,
  tools: {},
  steps: [],
  contents: { dependencies: [], app: "all", support: [] },
  command: { argv: ["true"] },
  env: {},
  programs: [],
  writable: [],
};

function planService(name: string, image: string, spec: Partial<ServiceSpec>): PlannedService {
  const routes = spec.routes ?? (name === "worker" ? [] : ["/"]);
  return {
    spec: {
      name,
      source: ".",
      command: { argv: ["node", "server.js"] },
      routes,
      listens: routes.length > 0,
      health: { path: "/", timeoutMs: 10_000 },
      scale: { min: 1, max: 1, idleMs: 60_000 },
      resources: { cpuMillis: 100, memoryBytes: 2 ** 28 },
      env: {},
      stopGraceMs: 1_000,
      ...spec,
    },
    plan,
    source: emptyTree,
    buildEnv: { image },
    buildSecrets: [],
  };
}

function digestOf(name: string): Digest {
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** Makes images of nothing but their name. */
function makeBuilder(images: Set<Digest>, clock: ManualClock): Builder {
  return {
    name: "memory",
    usesBuildImage: false,
    key: ({ env }) => env["image"]!,
    forget: async () => {},
    async build(request) {
      const name = request.env["image"]!;
      const digest = digestOf(name);
      images.add(digest);
      const at = clock.now();
      const provenance = {
        app: request.app,
        service: request.service,
        commit: request.commit,
        tree: request.source.id,
        plan: request.plan,
        builder: { name: "memory", version: "1" },
        platform: { os: "linux", architecture: "x64", libc: null } as const,
        abi: {},
        buildEnv: {},
        buildSecrets: [],
        tools: {},
        startedAt: at,
        finishedAt: at,
      };
      return {
        ok: true,
        summary: "made",
        artifact: { digest, key: name, sizeBytes: 1, createdAt: at, provenance, seal: null },
      };
    },
  };
}

/** What one server has of a runtime: once that has been killed, its calls come to nothing. */
function mortal<T extends object>(target: T, isAlive: () => boolean): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => (isAlive() ? value.apply(target, args) : new Promise(() => {}));
    },
  });
}
