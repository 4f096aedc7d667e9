import {
  type CachingBuilder,
  defaultBuildLimits,
  makeDockerBuilder,
  makeHostBuilder,
  makeKubernetesBuilder,
} from "@berth/builders";
import type { HostBuilderDeps } from "@berth/builders";
import type { Engine } from "@berth/docker";
import type { ClusterBuilds } from "./kubernetes/builds.ts";
import type { ConnectedCluster } from "./kubernetes/connect.ts";
import type { Registries } from "./registries.ts";

export interface BuilderChoice {
  host: HostBuilderDeps;
  /** Where builds run in containers; null: on this machine. */
  engine: Engine | null;
  /** Where builds run in pods; null: they do not. */
  pods: { connected: ConnectedCluster; builds: ClusterBuilds } | null;
  compression: "gzip" | "zstd";
  installation: string;
  /** Never changes, and is told to nobody. */
  cacheKey: Uint8Array;
  registries: Pick<Registries, "resolve" | "findLogin">;
}

/** The builder that the settings ask for. */
export async function makeBuilder({
  host,
  engine,
  pods,
  compression,
  installation,
  cacheKey,
  registries,
}: BuilderChoice): Promise<CachingBuilder> {
  const { home, images, supportFiles, openBase, clock, random, log, machine } = host;
  const parts = { home, images, supportFiles, openBase, clock, random, log, settings: machine.settings };
  // Paths of this machine mean nothing in a container, so only the addresses of proxies and registries go along.
  const env = Object.fromEntries(Object.entries(machine.env).filter(([, value]) => !value.startsWith("/")));
  if (pods !== null) {
    const { cluster, platform } = pods.connected;
    return makeKubernetesBuilder({ ...parts, ...pods.builds, cluster, platform, compression, env });
  }
  if (engine === null) return makeHostBuilder(host);
  return makeDockerBuilder({
    ...parts,
    engine,
    installation,
    cacheKey,
    resolveImage: registries.resolve,
    findLogin: registries.findLogin,
    limits: defaultBuildLimits,
    env,
  });
}
