import { type HostBuilderDeps, makeHostUnpack } from "@berth/builders";
import {
  BerthError,
  type Clock,
  type Digest,
  imageNeeds,
  type Log,
  type Random,
  type Runtime,
  unfitHint,
  unfitReason,
} from "@berth/core";
import type { Engine, LoadableImage } from "@berth/docker";
import type { Images } from "@berth/images";
import type { Router } from "@berth/router";
import { startDockerRuntime, startProcessRuntime } from "@berth/runtimes";
import type { Settings } from "./settings.ts";

export interface RuntimeChoice {
  settings: Pick<Settings, "runtime" | "subnets">;
  home: string;
  host: HostBuilderDeps;
  images: Images;
  /** Where containers run; null where nothing does. */
  engine: Engine | null;
  installation: string;
  router: Pick<Router, "openGateways">;
  clock: Clock;
  random: Random;
  log: Log;
}

/** The runtime that the settings ask for. */
export async function openRuntime(choice: RuntimeChoice): Promise<Runtime> {
  const { settings, home, host, images, engine, installation, router, clock, random, log } = choice;
  const common = { home, clock, random, log };
  if (settings.runtime === "process" || engine === null) {
    return startProcessRuntime({
      ...common,
      platform: host.platform,
      node: process.execPath,
      unpack: makeHostUnpack(host),
    });
  }
  const runtime = await startDockerRuntime({
    ...common,
    engine,
    installation,
    subnets: settings.subnets,
    open: (digest) => openImage(images, digest, runtime.descriptor.platform),
  });
  await runtime.followGateways(router.openGateways);
  return runtime;
}

/** An image of the store for an engine. One that was built for another runtime is refused rather than started to crash. */
async function openImage(
  images: Images,
  digest: Digest,
  platform: HostBuilderDeps["platform"],
): Promise<LoadableImage> {
  const { configDigest, config, layers, annotations } = await images.describe(digest);
  const place = { name: "Docker", platform, needsBase: true, glibc: null, tools: {} };
  const why = unfitReason(imageNeeds(annotations, platform), place);
  if (why !== null) {
    throw new BerthError("image.unfit", `The image does not run with Docker: ${why}`, {
      path: digest,
      hint: unfitHint,
    });
  }
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
