import { type HostBuilderDeps, makeHostUnpack } from "@berth/builders";
import type { Clock, Clusters, Digest, Log, Random, Runtime, Store } from "@berth/core";
import type { Engine, LoadableImage } from "@berth/docker";
import type { Images } from "@berth/images";
import { loopbackDoor, type Router } from "@berth/router";
import { startDockerRuntime, startProcessRuntime } from "@berth/runtimes";
import { makeNoClusters } from "./clusters/no-clusters.ts";
import type { ReachedCluster } from "./kubernetes/server-place.ts";
import type { Registries } from "./images/registries.ts";
import { requireFit } from "./images/require-fit.ts";
import type { Settings } from "./settings/settings.ts";

export interface RuntimeChoice {
  settings: Settings;
  home: string;
  host: HostBuilderDeps;
  images: Images;
  store: Store;
  registries: Pick<Registries, "publishTo">;
  /** Where registered clusters' kubeconfigs are. */
  clustersFolder: string;
  /** Where containers run; null where nothing does. */
  engine: Engine | null;
  /** Where pods run; null where none does. */
  connected: ReachedCluster | null;
  installation: string;
  /** Of this server. */
  port: number;
  /** What this server's own registry takes from nodes of a cluster. */
  pullPassword: string;
  router: Pick<Router, "openGateways" | "listenNeighbours">;
  clock: Clock;
  random: Random;
  log: Log;
}

export interface OpenedRuntime {
  runtime: Runtime;
  clusters: Clusters;
  /** Listens where instances of every environment reach their neighbours. */
  openDoors(): Promise<void>;
}

/** The runtime that the settings ask for. */
export async function openRuntime(choice: RuntimeChoice): Promise<OpenedRuntime> {
  const { settings, home, host, images, engine, connected, installation, router, clock, random, log } = choice;
  const common = { home, clock, random, log };
  if (connected !== null) {
    const { openClusterRuntime } = await import("./kubernetes/runtime.ts");
    const { openFleet } = await import("./clusters/open-fleet.ts");
    const main = await openClusterRuntime({ ...choice, connected });
    return await openFleet({ ...choice, connected, main, folder: choice.clustersFolder });
  }
  const clusters = makeNoClusters(settings.runtime);
  if (settings.runtime === "process" || engine === null) {
    const runtime = await startProcessRuntime({
      ...common,
      platform: host.platform,
      node: process.execPath,
      unpack: makeHostUnpack(host),
    });
    return { runtime, clusters, openDoors: () => router.listenNeighbours([loopbackDoor]) };
  }
  const runtime = await startDockerRuntime({
    ...common,
    engine,
    installation,
    subnets: settings.subnets,
    open: (digest) => openImage(images, digest, runtime.descriptor.platform),
  });
  await runtime.followGateways(router.openGateways);
  return { runtime, clusters, openDoors: () => router.listenNeighbours([]) };
}

/** An image of the store for an engine. */
async function openImage(
  images: Images,
  digest: Digest,
  platform: HostBuilderDeps["platform"],
): Promise<LoadableImage> {
  const { configDigest, config, layers, annotations } = await images.describe(digest);
  requireFit(digest, annotations, { name: "Docker", platform, needsBase: true, glibc: null, tools: {} });
  return {
    id: configDigest,
    config,
    layers: layers.map(({ digest: blob, diffId, mediaType, sizeBytes }) => ({
      digest: blob,
      diffId,
      mediaType,
      sizeBytes,
      read: () => images.blobs.read(blob),
    })),
  };
}
