import type { Clock, Digest, IdentifiedWorkload, Log, Random, RunPlace, Runtime, Store } from "@berth/core";
import type { Images } from "@berth/images";
import type { SharedDoor } from "@berth/router";
import { readImageFacts, startKubernetesRuntime } from "@berth/runtimes";
import { requireFit } from "../images/require-fit.ts";
import type { Settings } from "../settings/settings.ts";
import { type ActingAlone, actAlone } from "./lease.ts";
import { makeDoors } from "./place.ts";
import type { ReachedCluster } from "./server-place.ts";

export interface ClusterRuntimeDeps {
  connected: ReachedCluster;
  settings: Pick<Settings, "cluster">;
  home: string;
  installation: string;
  images: Pick<Images, "describe" | "findContent">;
  store: Pick<Store, "environments">;
  /** Puts an image where nodes fetch it from, where nothing else does. */
  publish?(app: string, digest: Digest): Promise<void>;
  clock: Clock;
  random: Random;
  log: Log;
}

/** Has apps run by a cluster. Throws `cluster.unreachable`. */
export async function openClusterRuntime(deps: ClusterRuntimeDeps): Promise<{ runtime: Runtime; doors: SharedDoor[] }> {
  const { connected, settings, home, installation, images, store, publish, clock, random, log } = deps;
  const { platform } = connected;
  const { place, registry, own } = connected.server;
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
