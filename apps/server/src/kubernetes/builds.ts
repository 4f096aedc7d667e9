import { createServer } from "node:http";
import { type BuildChannel, buildsNamespace, type BuildPlace, makeBuildChannel } from "@berth/builders";
import type { Base, Images } from "@berth/images";
import type { Log, Random } from "@berth/core";
import { closeServer } from "../http/close-server.ts";
import type { ImageOffers } from "../images/image-offers.ts";
import { listen } from "../http/listen.ts";
import type { Registries } from "../images/registries.ts";
import type { Settings } from "../settings/settings.ts";
import { findServerAddress, listenedAddress } from "./place.ts";
import type { ReachedCluster } from "./server-place.ts";

export interface ClusterBuildsDeps {
  connected: ReachedCluster;
  settings: Settings;
  installation: string;
  images: Pick<Images, "blobs" | "space">;
  offers: ImageOffers;
  registries: Pick<Registries, "publish">;
  random: Random;
  log: Log;
}

/** What builds on a cluster need of this server. */
export interface ClusterBuilds {
  place: BuildPlace;
  channel: BuildChannel;
  offerImage(app: string, image: Base, signal: AbortSignal): Promise<{ name: string; end(): void }>;
  close(): Promise<void>;
}

/** Opens the way between this server and the pods of builds. Throws `settings.invalid`. */
export async function openClusterBuilds(deps: ClusterBuildsDeps): Promise<ClusterBuilds> {
  const { connected, settings, installation, images, offers, registries, random, log } = deps;
  const { place, registry, own } = connected.server;
  const { routers } = place;
  const server = routers.kind === "inside" && routers.server.kind === "inside" ? routers.server : null;
  const address = await findServerAddress(place, connected.nodes);
  const channel = makeBuildChannel({ images, random, log });
  const http = createServer(channel.handle);
  // A layer takes as long as it takes.
  http.requestTimeout = 0;
  const channelPort = await listen(http, { listen: listenedAddress(address, own), port: settings.builds.port });
  const host = address.includes(":") ? `[${address}]` : address;
  const { clusterRanges, dnsAddresses, pull } = place;
  return {
    channel,
    place: {
      installation,
      namespace: buildsNamespace(settings.cluster.namespacePrefix),
      image: settings.builds.image,
      server: server && { namespace: server.namespace, labels: server.labels },
      channelUrl: `http://${host}:${channelPort}`,
      clusterRanges,
      dnsAddresses,
      pull,
      quota: settings.builds.quota,
      platform: connected.platform,
      cacheBytes: settings.builds.cacheBytes,
    },
    async offerImage(app, { manifest }, signal) {
      const name = `${registry.prefix}${app}@${manifest}`;
      if (settings.registry === null) return { name, end: offers.offer(app, manifest) };
      await registries.publish({ app, digest: manifest, tags: [] }, () => undefined, signal);
      return { name, end: () => undefined };
    },
    close: () => closeServer(http),
  };
}
