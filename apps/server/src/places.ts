import { homedir } from "node:os";
import { buildRights, readPlatform } from "@berth/builders";
import type { Clock, Platform, Random } from "@berth/core";
import type { Engine } from "@berth/docker";
import { neededRights } from "@berth/runtimes";
import type { Logger } from "pino";
import { connectEngine } from "./connect-engine.ts";
import type { InstallationKeys } from "./installation-keys.ts";
import type { ReachedCluster } from "./kubernetes/server-place.ts";
import type { Settings } from "./settings/settings.ts";

/** Where the settings have apps run and builds made. */
export interface Places {
  /** Of this machine. */
  platform: Platform;
  /** Null where neither needs one. */
  engine: Engine | null;
  cluster: ReachedCluster | null;
  /** What base images are fetched for: where they run, or else where they are built in. */
  basePlatform: Platform;
}

/** As a person knows where apps run. */
export const placeNames = { process: "this machine", docker: "Docker", kubernetes: "the cluster" } as const;

export interface PlacesDeps {
  /** Of this server. */
  port: number;
  keys: Pick<InstallationKeys, "installation" | "pullPassword">;
  clock: Clock;
  random: Random;
  log: Logger;
}

/** Connects to the engine and the cluster that the settings ask for. What speaks to one is loaded here: an installation without needs none of it. */
export async function connectPlaces(settings: Settings, deps: PlacesDeps): Promise<Places> {
  const platform = readPlatform();
  const uses = (place: "docker" | "kubernetes") => settings.runtime === place || settings.builder === place;
  const engine = uses("docker") ? await connectEngine({ local: settings.runtime === "docker" }) : null;
  const cluster = uses("kubernetes") ? await connectCluster(settings, platform, deps) : null;
  const there = cluster?.platform ?? engine?.info;
  const basePlatform = there === undefined ? platform : { ...platform, os: there.os, architecture: there.architecture };
  return { platform, engine, cluster, basePlatform };
}

async function connectCluster(
  settings: Settings,
  platform: Platform,
  { port, keys, ...deps }: PlacesDeps,
): Promise<ReachedCluster> {
  const { runtime, builder } = settings;
  const { connectToCluster } = await import("./kubernetes/connect.ts");
  const { reachCluster } = await import("./kubernetes/server-place.ts");
  const rights = [...(runtime === "kubernetes" ? neededRights : []), ...(builder === "kubernetes" ? buildRights : [])];
  const connected = await connectToCluster({
    settings: settings.cluster,
    rights,
    env: process.env,
    homeFolder: homedir(),
    platform,
    ...deps,
  });
  const { installation, pullPassword } = keys;
  try {
    return await reachCluster({
      connected,
      settings,
      installation,
      port,
      pullPassword,
      registeredAs: null,
      log: deps.log,
    });
  } catch (error) {
    await connected.cluster.close();
    throw error;
  }
}
