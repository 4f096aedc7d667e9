// A process of its own: a deployer with a store and the kubernetes runtime, and nothing of the server around them. It makes the objects of
// many sleeping apps, or meets them as they should be, and tells its parent what it has asked of the cluster and when.
import { join } from "node:path";
import { type CallRecord, openCluster } from "../../../packages/cluster/src/index.ts";
import {
  type IdentifiedWorkload,
  type Log,
  makeWorkload,
  type Runtime,
  type Store,
  systemClock,
  systemRandom,
} from "../../../packages/core/src/index.ts";
import { defaultPolicy, type Deployer, startDeployer } from "../../../packages/deployer/src/index.ts";
import { startKubernetesRuntime } from "../../../packages/runtimes/src/index.ts";
import { openSqliteStore } from "../../../packages/store/src/index.ts";
import type { FleetAnswer, FleetPlan, FleetQuestion } from "./fleet-messages.ts";

interface LiveWorkload {
  workload: IdentifiedWorkload;
  /** Of the release that it is live in. */
  version: number;
}

const plan: FleetPlan = JSON.parse(process.argv[2] ?? "{}");
const installationKey = Buffer.alloc(32);
const quiet = () => undefined;
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (details, text) => console.error(text, details) };
const system = { clock: systemClock, random: systemRandom, log };
const writes = new Set<CallRecord["verb"]>(["create", "update", "patch", "delete"]);
const pollMs = 5;

const calls: { verb: CallRecord["verb"]; resource: string; at: number }[] = [];
const now = () => performance.timeOrigin + performance.now();

const cluster = await openCluster({
  kubeconfig: plan.kubeconfig,
  deps: system,
  ...(plan.mode === "make" && { limit: { perSecond: 400, burst: 400 } }),
  onCall: ({ verb, resource, durationMs, heldMs }) =>
    void calls.push({ verb, resource, at: now() - durationMs + heldMs }),
});
const store = await openSqliteStore({ file: join(plan.home, "berth.db"), ...system });
const startedAt = now();
const runtime = await startKubernetesRuntime({
  home: plan.home,
  cluster,
  place: plan.place,
  platform: { os: "linux", architecture: "amd64", libc: null },
  describe: async ({ image }) => ({
    image: `localhost:5055/library/node@${image}`,
    os: "linux",
    architecture: "amd64",
    user: 1_000,
    group: 1_000,
    imageEnv: {},
    writable: [],
    workingFolder: "/app",
    port: 8_080,
  }),
  neighbourPorts: async () => ({}),
  ...system,
});
const workloads = await listWorkloads(store);
let deployer: Deployer | null = null;
if (plan.mode === "make") {
  await makeAll(runtime, workloads);
} else {
  deployer = await start(store, runtime);
  await untilWhole(runtime, workloads);
}
const tookMs = now() - startedAt;
process.on("message", (question: FleetQuestion) => void answer(question).then(tell));
process.on("disconnect", () => process.exit());
tell({ tookMs, reads: countOf(false), writes: countOf(true) });

function tell(said: FleetAnswer | number | typeof calls): void {
  process.send?.(said);
}

function countOf(isWrite: boolean): number {
  return calls.filter(({ verb }) => writes.has(verb) === isWrite).length;
}

async function answer(question: FleetQuestion): Promise<number | typeof calls> {
  if (question.ask === "calls") return calls.splice(0).filter(({ verb }) => writes.has(verb));
  if (question.ask === "memory") return process.memoryUsage.rss() / 1e6;
  calls.splice(0);
  const begin = now();
  const services = { web: { min: 1, max: 1 } };
  const request = { app: question.app, environment: "production", reset: false, services };
  await deployer!.scale(request, { person: "bench", role: "owner" });
  for (;;) {
    const first = calls.find(({ verb }) => writes.has(verb));
    if (first !== undefined) return first.at - begin;
    await systemClock.sleep(pollMs);
  }
}

async function listWorkloads(from: Store): Promise<LiveWorkload[]> {
  const active = await from.environments.listActive();
  const all = active.map(async ({ app, name, live }) => {
    const release = await from.releases.get({ app, environment: name }, live!);
    const place = { app, environment: name, cluster: null, neighbours: {} };
    return release!.snapshot.services.map((service) => ({
      workload: makeWorkload(service, place, installationKey),
      version: live!,
    }));
  });
  return (await Promise.all(all)).flat();
}

/** The quota of each environment allows no pods, so that scaling up once makes the Deployment and starts nothing. */
async function makeAll(on: Runtime, all: readonly LiveWorkload[]): Promise<void> {
  const queue = all.values();
  const worker = async () => {
    for (const { workload, version } of queue) {
      await on.showRelease?.(workload.id, version);
      await on.ensure(workload);
      await on.scale(workload.id, 1);
      await on.scale(workload.id, 0);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function untilWhole(on: Runtime, all: readonly LiveWorkload[]): Promise<void> {
  for (;;) {
    const observed = (await on.observe()).workloads;
    if (all.every(({ workload }) => observed.get(workload.id)?.isWhole)) return;
    // It looks at all of them, in the time of what it waits for.
    await systemClock.sleep(pollMs * 10);
  }
}

function start(over: Store, on: Runtime): Promise<Deployer> {
  const never = () => Promise.reject(new Error("nothing is built here"));
  return startDeployer({
    store: over,
    runtime: on,
    builder: { name: "none", usesBuildImage: false, key: () => "", forget: async () => undefined, build: never },
    planApp: never,
    router: {
      apply: () => undefined,
      load: () => new Map(),
      requesters: () => new Map(),
      watch: () => () => undefined,
    },
    refs: { move: async () => undefined, forget: async () => undefined, remove: async () => undefined },
    probe: never,
    images: {
      has: async () => true,
      unfit: async () => null,
      publish: async () => undefined,
      publishRelease: async () => undefined,
      remove: async () => undefined,
    },
    findCluster: async () => null,
    resolveBase: never,
    buildSecrets: async () => ({}),
    vault: { seal: never, open: () => "", rotate: never, rotation: never },
    packages: { ofSource: async () => [], ofImage: async () => null },
    compareCommits: async () => ({ direction: "unknown", added: [], addedCount: 0, removed: [], removedCount: 0 }),
    records: { seal: (artifact) => artifact, isGenuine: async () => true, sign: async () => undefined },
    openTree: never,
    url: ({ app }) => `http://${app}.localhost`,
    domain: "localhost",
    neighbourUrl: (_, service) => `http://${service}`,
    drawPort: (taken) => 30_000 + taken.size,
    installationKey,
    policy: defaultPolicy,
    ...system,
  });
}
