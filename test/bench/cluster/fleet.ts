import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, type KubeObject, refOf } from "../../../packages/cluster/src/index.ts";
import { systemClock } from "../../../packages/core/src/index.ts";
import { type ClusterPlace, neededRights } from "../../../packages/runtimes/src/index.ts";
import { serverEnv, serverFlags } from "../../../tools/setup/server-process.mjs";
import { makeAccount } from "../../support/cluster-account.ts";
import { openTestCluster } from "../../support/cluster.ts";
import { removeFolder } from "../../support/remove-folder.ts";
import { fillStore } from "../support/fill-store.ts";
import type { Quantity } from "../support/quantities.ts";
import type { FleetAnswer, FleetCall, FleetPlan, FleetQuestion } from "./fleet-messages.ts";

/** Fewer where the cluster is shared with others: BENCH_APPS. */
const apps = Number(process.env["BENCH_APPS"] ?? 500);
const settleMs = 5_000;
const putBackMs = 20_000;
const pauseMs = 300;
const releasesOfEach = 3;
/** A deployer that says nothing for so long is ended: the rest is removed, and the bench fails. */
const deadlineMs = 600_000;
/** All that belongs to an app: what a list of the same is made of. */
const kinds = [
  ["v1", "Namespace"],
  ["v1", "Secret"],
  ["v1", "ServiceAccount"],
  ["v1", "ResourceQuota"],
  ["v1", "LimitRange"],
  ["v1", "Service"],
  ["v1", "Pod"],
  ["discovery.k8s.io/v1", "EndpointSlice"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["policy/v1", "PodDisruptionBudget"],
  ["autoscaling/v2", "HorizontalPodAutoscaler"],
  ["apps/v1", "Deployment"],
] as const;

/** Many apps that are as they should be: how long a deployer takes to see that, what it holds then, and how soon it acts on a change. */
export async function benchFleet(prefix: string, rounds: number): Promise<Quantity[]> {
  const home = mkdtempSync(join(tmpdir(), "berth-fleet-"));
  const cluster = await openTestCluster();
  const account = await makeAccount(cluster, `${prefix}account`, neededRights);
  const plan = { kubeconfig: account.kubeconfig, home, place: makePlace(prefix) };
  const labels = `dev.berth/installation=${plan.place.installation}`;
  try {
    // What has just become live is awake for a while.
    const earlier = { ...systemClock, now: () => systemClock.now() - 3_600_000 };
    await fillStore(join(home, "berth.db"), apps, releasesOfEach, earlier);
    const made = await startFleet({ ...plan, mode: "make" });
    console.log(`${apps} apps made on the cluster in ${Math.round(made.said.tookMs / 1_000)} s`);
    await made.end();
    const resync: number[] = [];
    const floor: number[] = [];
    for (let round = 0; round < Math.max(3, Math.round(rounds / 3)); round++) {
      await sleep(settleMs);
      floor.push(await timeLists(cluster, labels));
      const met = await startFleet({ ...plan, mode: "meet" });
      await met.end();
      resync.push(met.said.tookMs);
      console.log(`resync of ${apps} apps: ${met.said.reads} reads, ${met.said.writes} writes`);
    }
    const fleet = await startFleet({ ...plan, mode: "meet" });
    await sleep(settleMs);
    const memory = await fleet.ask<number>({ ask: "memory" });
    const byObject = await timeChanges(cluster, fleet, labels, rounds * 5);
    const byStore = await timeScales(fleet, rounds * 2);
    const later = await fleet.ask<number>({ ask: "memory" });
    await fleet.end();
    return [
      { what: `cluster: resync of ${apps} apps`, values: resync, unit: "ms", floor, goal: { p50: 5_000 } },
      { what: "cluster: object changed → API call", values: byObject, unit: "ms", floor: null, goal: { p99: 100 } },
      { what: "cluster: scale asked for → API call", values: byStore, unit: "ms", floor: null, goal: { p99: 100 } },
      { what: `cluster: deployer, ${apps} apps, RSS`, values: [memory], unit: "MB", floor: null, goal: { p50: 250 } },
      { what: "cluster: … after these changes", values: [later], unit: "MB", floor: null, goal: { p50: 250 } },
    ];
  } finally {
    await removeAll(cluster, labels);
    await account.remove();
    await cluster.close();
    removeFolder(home);
  }
}

function makePlace(prefix: string): ClusterPlace {
  return {
    installation: prefix.replace("-", ""),
    namespacePrefix: prefix,
    routers: { kind: "outside", addresses: ["198.18.0.1"], publicPorts: [4000] },
    clusterRanges: ["10.244.0.0/16", "10.96.0.0/16", "198.18.0.0/24"],
    dnsAddresses: [],
    pull: null,
    // Nothing is to start: it is objects that are measured.
    quota: { pods: 0, cpuMillis: 1_000, memoryBytes: 2 ** 30 },
  };
}

interface Fleet {
  said: FleetAnswer;
  ask<T>(question: FleetQuestion): Promise<T>;
  end(): Promise<void>;
}

async function startFleet(plan: FleetPlan): Promise<Fleet> {
  const child = fork(new URL("./fleet-deployer.ts", import.meta.url), [JSON.stringify(plan)], {
    execArgv: ["--disable-warning=ExperimentalWarning", ...serverFlags],
    env: { ...process.env, ...serverEnv },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const said = await nextOf<FleetAnswer>(child);
  return {
    said,
    async ask<T>(question: FleetQuestion) {
      const answered = nextOf<T>(child);
      child.send(question);
      return await answered;
    },
    async end() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

async function nextOf<T>(child: ChildProcess): Promise<T> {
  const heard = new AbortController();
  const late = setTimeout(() => child.kill(), deadlineMs);
  const ended = once(child, "exit", { signal: heard.signal }).then(() => {
    throw new Error("The deployer of the bench has ended.");
  });
  ended.catch(() => undefined);
  try {
    const [message] = await Promise.race([once(child, "message", { signal: heard.signal }), ended]);
    return message as T;
  } finally {
    heard.abort();
    clearTimeout(late);
  }
}

/** A list of all the objects, as a deployer has to begin with, all kinds at once. */
async function timeLists(cluster: Cluster, labels: string): Promise<number> {
  const begin = performance.now();
  await Promise.all(kinds.map(([apiVersion, kind]) => cluster.list({ apiVersion, kind }, { labels })));
  return performance.now() - begin;
}

/** From before the change was sent until the deployer began to put it back: each on another app, for whoever insists is made to wait. */
async function timeChanges(cluster: Cluster, fleet: Fleet, labels: string, count: number): Promise<number[]> {
  const { items } = await cluster.list<KubeObject>({ apiVersion: "v1", kind: "LimitRange" }, { labels });
  const times: number[] = [];
  for (const [index, object] of items.slice(0, count).entries()) {
    await fleet.ask({ ask: "calls" });
    const sentAt = performance.timeOrigin + performance.now();
    await cluster.patch(refOf(object), { metadata: { labels: { bench: String(index) } } }, { manager: "bench" });
    times.push((await firstCallOf(fleet, "limitranges")).at - sentAt);
    await sleep(pauseMs);
  }
  return times;
}

async function firstCallOf(fleet: Fleet, of: string): Promise<FleetCall> {
  const end = performance.now() + putBackMs;
  while (performance.now() < end) {
    const found = (await fleet.ask<FleetCall[]>({ ask: "calls" })).find(({ resource }) => resource === of);
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`a change of ${of} was not put back within ${putBackMs} ms`);
}

/** Each time of another app, which sleeps until then. */
async function timeScales(fleet: Fleet, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < Math.min(count, apps); index++) {
    times.push(await fleet.ask<number>({ ask: "scale", app: `app-${index}` }));
    await sleep(pauseMs);
  }
  return times;
}

async function removeAll(cluster: Cluster, labels: string): Promise<void> {
  const { items } = await cluster.list<KubeObject>({ apiVersion: "v1", kind: "Namespace" }, { labels });
  for (const namespace of items) await cluster.remove(refOf(namespace));
}
