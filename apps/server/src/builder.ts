import { type CachingBuilder, defaultBuildLimits, makeDockerBuilder, makeHostBuilder } from "@berth/builders";
import type { HostBuilderDeps } from "@berth/builders";
import type { Digest } from "@berth/core";
import type { Engine } from "@berth/docker";

export interface BuilderChoice {
  host: HostBuilderDeps;
  /** Where builds run in containers; null: on this machine. */
  engine: Engine | null;
  installation: string;
  /** Never changes, and is told to nobody. */
  cacheKey: Uint8Array;
  /** What an image's name stands for now. */
  resolveImage(image: string, signal: AbortSignal): Promise<Digest>;
}

/** The builder that the settings ask for. */
export async function makeBuilder({
  host,
  engine,
  installation,
  cacheKey,
  resolveImage,
}: BuilderChoice): Promise<CachingBuilder> {
  if (engine === null) return makeHostBuilder(host);
  const { home, images, supportFiles, openBase, clock, random, log, machine } = host;
  // Paths of this machine mean nothing in a container, so only the addresses of proxies and registries go along.
  const env = Object.fromEntries(Object.entries(machine.env).filter(([, value]) => !value.startsWith("/")));
  return makeDockerBuilder({
    home,
    images,
    supportFiles,
    openBase,
    clock,
    random,
    log,
    engine,
    installation,
    cacheKey,
    resolveImage,
    limits: defaultBuildLimits,
    env,
    settings: machine.settings,
  });
}
