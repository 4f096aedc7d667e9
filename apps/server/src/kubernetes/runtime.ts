import type { Clock, Digest, IdentifiedWorkload, Log, Random, RunPlace, Runtime, Store } from "@berth/core";
import { type Images, parseRegistry } from "@berth/images";
import type { SharedDoor } from "@berth/router";
import { readImageFacts, startKubernetesRuntime } from "@berth/runtimes";
import { requireFit } from "../require-fit.ts";
import type { Settings } from "../settings.ts";
import type { ConnectedCluster } from "./connect.ts";
import { type ActingAlone, actAlone } from "./lease.ts";
import { findNodesRegistry } from "./nodes-registry.ts";
import { ownAddresses } from "./own-addresses.ts";
import { findPlace, makeDoors } from "./place.ts";
import { nodeAddresses } from "./survey.ts";

export interface ClusterRuntimeDeps {
  connected: ConnectedCluster;
  settings: Pick<Settings, "cluster" | "registry" | "pullLogin" | "nodesRegistry">;
  home: string;
  installation: string;
  /** Of this server. */
  port: number;
  /** What this server's own registry takes from nodes. */
  pullPassword: string;
  images: Pick<Images, "describe" | "findContent">;
  store: Pick<Store, "environments">;
  /** Puts an image where nodes fetch it from, where nothing else does. */
  publish?(app: string, digest: Digest): Promise<void>;
  clock: Clock;
  random: Random;
  log: Log;
}

/** Has apps run by a cluster. Throws `settings.invalid`, `cluster.unreachable`. */
export async function openClusterRuntime(deps: ClusterRuntimeDeps): Promise<{ runtime: Runtime; doors: SharedDoor[] }> {
  const { connected, settings, home, installation, port, images, store, publish, clock, random, log } = deps;
  const { nodes, platform } = connected;
  const own = ownAddresses();
  const registry = findNodesRegistry({
    settings,
    outside: settings.registry === null ? null : outsideRegistry(settings.registry),
    port,
    password: deps.pullPassword,
    nodes: nodeAddresses(nodes),
    own,
  });
  const place = await findPlace({ ...connected, settings: settings.cluster, installation, registry, port, log });
  const fitting: RunPlace = { name: "the cluster", platform, needsBase: true, glibc: null, tools: {} };

  async function describe(workload: IdentifiedWorkload) {
    const { app, image: digest } = workload;
    const { config, annotations } = await images.describe(digest);
    requireFit(digest, annotations, fitting);
    if (publish !== undefined && !(await isKnown(workload))) await publish(app, digest);
    const name = `${registry.prefix}${app}@${digest}`;
    return readImageFacts(workload, { config, name, findContent: (folders) => images.findContent(digest, folders) });
  }

  /** What the cluster has been asked to run was published before, and stays where it is while its registry is away. */
  async function isKnown(workload: IdentifiedWorkload): Promise<boolean> {
    return (await runtime.observe(workload)).workloads.has(workload.id);
  }

  const { namespacePrefix } = settings.cluster;
  const lease = await actAlone({ connected, namespacePrefix, installation, home, clock, random, log });
  const runtime = await startKubernetesRuntime({
    home,
    cluster: lease.cluster,
    place,
    platform,
    describe,
    async neighbourPorts({ app, environment }) {
      const all = await store.environments.allPorts();
      const here = all.filter((one) => one.app === app && one.environment === environment);
      return Object.fromEntries(here.map(({ service, port: at }) => [service, at]));
    },
    clock,
    random,
    log,
  }).catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  return { runtime: withLease(runtime, lease), doors: makeDoors(place, own) };
}

/** The lease is given back when nothing is under way any more. */
function withLease(runtime: Runtime, lease: Pick<ActingAlone, "release">): Runtime {
  const releasing = (end: () => Promise<void>) => () => end().finally(() => lease.release());
  return Object.assign(runtime, {
    close: releasing(runtime.close.bind(runtime)),
    shutdown: releasing(runtime.shutdown.bind(runtime)),
  });
}

function outsideRegistry(text: string): { prefix: string; host: string } {
  const { host, folder } = parseRegistry(text);
  return { prefix: `${host}/${folder}`, host };
}
