import { homedir } from "node:os";
import { buildRights, readPlatform } from "@berth/builders";
import type { Clock, Platform, Random } from "@berth/core";
import type { Engine } from "@berth/docker";
import { neededRights } from "@berth/runtimes";
import type { Logger } from "pino";
import type { ConnectedCluster } from "./kubernetes/connect.ts";
import type { Settings } from "./settings.ts";

/** Where the settings have apps run and builds made. */
export interface Places {
  /** Of this machine. */
  platform: Platform;
  /** Null where neither needs one. */
  engine: Engine | null;
  cluster: ConnectedCluster | null;
  /** What base images are fetched for: where they run, or else where they are built in. */
  basePlatform: Platform;
}

/** As a person knows where apps run. */
export const placeNames = { process: "this machine", docker: "Docker", kubernetes: "the cluster" } as const;

/** Connects to the engine and the cluster that the settings ask for. What speaks to one is loaded here: an installation without needs none of it. */
export async function connectPlaces(
  settings: Settings,
  deps: { clock: Clock; random: Random; log: Logger },
): Promise<Places> {
  const platform = readPlatform();
  const uses = (place: "docker" | "kubernetes") => settings.runtime === place || settings.builder === place;
  const engine = uses("docker") ? await connectEngine(settings) : null;
  const cluster = uses("kubernetes") ? await connectCluster(settings, platform, deps) : null;
  const there = cluster?.platform ?? engine?.info;
  const basePlatform = there === undefined ? platform : { ...platform, os: there.os, architecture: there.architecture };
  return { platform, engine, cluster, basePlatform };
}

async function connectEngine({ runtime }: Settings): Promise<Engine> {
  const docker = await import("@berth/docker");
  return await docker.connectEngine({ host: process.env["DOCKER_HOST"], local: runtime === "docker" });
}

async function connectCluster(
  { cluster, runtime, builder }: Settings,
  platform: Platform,
  deps: { clock: Clock; random: Random; log: Logger },
): Promise<ConnectedCluster> {
  const { connectToCluster } = await import("./kubernetes/connect.ts");
  const rights = [...(runtime === "kubernetes" ? neededRights : []), ...(builder === "kubernetes" ? buildRights : [])];
  return await connectToCluster({
    settings: cluster,
    rights,
    env: process.env,
    homeFolder: homedir(),
    platform,
    ...deps,
  });
}
