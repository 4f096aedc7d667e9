import {
  BerthError,
  type ConfigVault,
  type Digest,
  environmentHost,
  imageNeeds,
  makeWorkload,
  type Platform,
  type Release,
  type ReleasedService,
  type Scope,
  type Store,
} from "@berth/core";
import { neighboursOf, openConfig } from "@berth/deployer";
import { type Images, parseRegistry } from "@berth/images";
import { type ClusterPlace, type PortableService, readImageFacts, renderPortable } from "@berth/runtimes";
import type { ClusterSettings, Settings } from "./settings/settings.ts";

export interface ManifestsDeps {
  store: Pick<Store, "environments" | "releases" | "config">;
  vault: Pick<ConfigVault, "open">;
  images: Pick<Images, "describe" | "findContent">;
  installationKey: Uint8Array;
  /** What is known of the cluster; of one that Berth does not run apps on that is next to nothing. */
  place: ClusterPlace;
  registry: ImagesRegistry;
  domain: string;
  platform: Platform;
}

/** Where clusters fetch images. */
export interface ImagesRegistry {
  /** What names of images begin with, before the app's: `registry.example.com/team/`. */
  prefix: string;
  /** It is that of this server, which is there only as long as the server is. */
  isOwn: boolean;
}

/** What `berth manifests` prints: what is live in an environment, as objects that serve it without Berth. Throws `release.not-found`, `image.unfit`. */
export function makeManifests(deps: ManifestsDeps): (scope: Scope) => Promise<string> {
  const { images, place, registry, domain, platform } = deps;

  async function describe(digest: Digest) {
    const { config, annotations } = await images.describe(digest);
    return { config, hasBase: imageNeeds(annotations, platform).hasBase };
  }

  return async (scope) => {
    const release = await findLive(deps.store, scope);
    const { services } = release.snapshot;
    const neighbours = Object.fromEntries(
      neighboursOf(services.map(({ spec }) => spec)).map((name) => [name, `http://${name}`]),
    );
    // Ids are made of values; none is printed.
    const config = release.snapshot.config && (await openConfig(deps, scope.app, release.snapshot.config));
    const described = await Promise.all(services.map(({ image }) => describe(image)));
    const model = async (service: ReleasedService, imageConfig: Uint8Array): Promise<PortableService> => {
      const { image, spec } = service;
      const workload = makeWorkload(service, { ...scope, cluster: null, neighbours, config }, deps.installationKey);
      const name = `${registry.prefix}${scope.app}@${image}`;
      const findContent = (folders: readonly string[]) => images.findContent(image, folders);
      const facts = await readImageFacts(workload, { config: imageConfig, name, findContent });
      return { ...facts, workload, release: release.version, routes: spec.routes, scale: spec.scale };
    };
    const models = await Promise.all(services.map((service, index) => model(service, described[index]!.config)));
    const bare = services.filter((_, index) => !described[index]!.hasBase).map(({ spec }) => spec.name);
    return await renderPortable(
      { scope, host: environmentHost(scope.app, scope.environment, domain), ingressClass: null, services: models },
      place,
      notesOn(release, registry, bare),
    );
  };
}

/** BERTH_REGISTRY, or the registry of this very server. */
export function findImagesRegistry(
  { registry, nodesRegistry }: Pick<Settings, "registry" | "nodesRegistry">,
  port: number,
): ImagesRegistry {
  if (registry === null) return { prefix: `${nodesRegistry ?? `localhost:${port}`}/`, isOwn: true };
  const { host, folder } = parseRegistry(registry);
  return { prefix: `${host}/${folder}`, isOwn: false };
}

/** What is taken of a cluster of which nothing is known but what the settings say. */
export function unknownCluster(
  installation: string,
  registry: ImagesRegistry,
  { namespacePrefix, ranges, quota }: Pick<ClusterSettings, "namespacePrefix" | "ranges" | "quota">,
): ClusterPlace {
  return {
    installation,
    namespacePrefix,
    routers: { kind: "outside", addresses: [], publicPorts: [] },
    clusterRanges: ranges ?? [],
    dnsAddresses: ["169.254.20.10"],
    pull: registry.isOwn ? { registry: registry.prefix.replace(/\/.*$/, ""), username: "", password: "" } : null,
    quota,
  };
}

async function findLive({ environments, releases }: ManifestsDeps["store"], scope: Scope): Promise<Release> {
  const live = (await environments.get(scope.app, scope.environment))?.live ?? null;
  const release = live === null ? null : await releases.get(scope, live);
  if (release !== null) return release;
  throw new BerthError("release.not-found", `Nothing is live in ${scope.environment} of ${scope.app}.`, {
    hint: "Push a commit: what is live then can be printed.",
  });
}

function notesOn({ version }: Release, { prefix, isOwn }: ImagesRegistry, bare: readonly string[]): string[] {
  return [
    `It is v${version}, as it is live.`,
    ...(bare.length === 0
      ? []
      : [
          "",
          `DOES NOT START as it is: the image of ${bare.join(", ")} was made for processes on the server's machine and has no`,
          "base, so there is no system in it to run on. It has to be built again for containers: start the server",
          "with BERTH_RUNTIME=docker or kubernetes, run `berth rebuild`, and print this again.",
        ]),
    ...(isOwn
      ? [
          "",
          `BERTH_REGISTRY is not set, so images are named at Berth's own registry, ${prefix.replace(/\/$/, "")}: nodes have to`,
          "reach it by that name, and it is there only while Berth runs. Where Berth is to be left, set BERTH_REGISTRY",
          "and deploy or rebuild: images are pushed there then.",
        ]
      : []),
  ];
}
