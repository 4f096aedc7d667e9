import {
  type CachingBuilder,
  defaultBuildLimits,
  makeDockerBuilder,
  makeHostBuilder,
  makeKubernetesBuilder,
} from "@berth/builders";
import type { HostBuilderDeps } from "@berth/builders";
import { BerthError } from "@berth/core";
import type { Images } from "@berth/images";
import type { Logger } from "pino";
import type { ImageOffers } from "../images/image-offers.ts";
import type { InstallationKeys } from "../installation-keys.ts";
import type { Places } from "../places.ts";
import type { Registries } from "../images/registries.ts";
import type { Settings } from "../settings/settings.ts";

export interface BuilderChoice {
  settings: Settings;
  host: HostBuilderDeps & { log: Logger };
  images: Images;
  places: Pick<Places, "engine" | "cluster">;
  keys: Pick<InstallationKeys, "installation" | "cacheKey">;
  registries: Pick<Registries, "resolve" | "findLogin" | "publish">;
  /** What this server's own registry has for builds alone. */
  offers: ImageOffers;
}

export interface OpenedBuilder {
  builder: CachingBuilder;
  /** Ends what listens for builds. */
  close(): Promise<void>;
}

const nothingToClose = async () => undefined;

/** The builder that the settings ask for. */
export async function openBuilder(choice: BuilderChoice): Promise<OpenedBuilder> {
  const { settings, host, places, keys, registries } = choice;
  if (settings.builder === "host") return { builder: makeHostBuilder(host), close: nothingToClose };
  const { home, images, supportFiles, openBase, clock, random, log, machine } = host;
  const parts = { home, images, supportFiles, openBase, clock, random, log, settings: machine.settings };
  // Paths of this machine mean nothing in a container, so only the addresses of proxies and registries go along.
  const env = Object.fromEntries(Object.entries(machine.env).filter(([, value]) => !value.startsWith("/")));
  if (settings.builder === "kubernetes") {
    const connected = required(places.cluster, "a cluster");
    const { openClusterBuilds } = await import("../kubernetes/builds.ts");
    const { images: store, offers } = choice;
    const { installation } = keys;
    const builds = await openClusterBuilds({
      connected,
      settings,
      installation,
      images: store,
      offers,
      registries,
      random,
      log,
    });
    const { cluster, platform } = connected;
    const builder = await makeKubernetesBuilder({
      ...parts,
      ...builds,
      cluster,
      platform,
      compression: settings.layers,
      env,
    });
    return { builder, close: () => builds.close() };
  }
  const builder = await makeDockerBuilder({
    ...parts,
    engine: required(places.engine, "an engine"),
    installation: keys.installation,
    cacheKey: keys.cacheKey,
    resolveImage: registries.resolve,
    findLogin: registries.findLogin,
    limits: defaultBuildLimits,
    env,
  });
  return { builder, close: nothingToClose };
}

function required<T>(place: T | null, what: string): T {
  if (place === null) throw new BerthError("internal", `Builds need ${what}, and none is connected.`);
  return place;
}
