import { type CachingBuilder, defaultBuildLimits, makeDockerBuilder, makeHostBuilder } from "@berth/builders";
import type { HostBuilderDeps } from "@berth/builders";
import type { Engine } from "@berth/docker";
import type { Registries } from "./registries.ts";

export interface BuilderChoice {
  host: HostBuilderDeps;
  /** Where builds run in containers; null: on this machine. */
  engine: Engine | null;
  installation: string;
  /** Never changes, and is told to nobody. */
  cacheKey: Uint8Array;
  registries: Pick<Registries, "resolve" | "findLogin">;
}

/** The builder that the settings ask for. */
export async function makeBuilder({
  host,
  engine,
  installation,
  cacheKey,
  registries,
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
    resolveImage: registries.resolve,
    findLogin: registries.findLogin,
    limits: defaultBuildLimits,
    env,
    settings: machine.settings,
  });
}
