import { makeApi, makeApiUpgrades, makeNodeListener, type Urls } from "@berth/api";
import { makeBases } from "../images/bases.ts";
import type { Closers } from "../closers.ts";
import { makeImageLibrary } from "../images/image-library.ts";
import { findImagesRegistry, makeManifests, unknownCluster } from "../manifests.ts";
import type { OpenedRuntime } from "../runtime.ts";
import type { Settings } from "../settings/settings.ts";
import { version } from "../version.ts";
import type { Common } from "./common.ts";
import type { Deploying } from "./deploying.ts";
import type { Foundations } from "./foundations.ts";

export interface ApiPartDeps {
  settings: Settings;
  port: number;
  foundations: Foundations;
  running: Pick<OpenedRuntime, "runtime" | "clusters">;
  deploying: Deploying;
  urls: Urls;
  common: Common;
  closers: Closers;
}

/** What people and their programs ask: the API, and sessions with instances. */
export function openApi({ settings, port, foundations, running, deploying, urls, common, closers }: ApiPartDeps) {
  const { store, vault, images, keys, places, registries } = foundations;
  const { deployer, provenances } = deploying;
  const imagesRegistry = findImagesRegistry(settings, port);
  const api = makeApi({
    store,
    deployments: deployer,
    images: makeImageLibrary({ images, store, prune: () => deployer.prune() }),
    provenances,
    bases: makeBases({ store, resolve: registries.resolve }),
    clusters: running.clusters,
    logs: (scope, options) => deployer.logs(scope, options),
    manifests: makeManifests({
      store,
      vault,
      images,
      installationKey: keys.workloadKey,
      place: unknownCluster(keys.installation, imagesRegistry, settings.cluster),
      registry: imagesRegistry,
      domain: settings.domain,
      platform: places.platform,
    }),
    urls,
    runtime: { name: running.runtime.descriptor.name },
    serverVersion: version,
    ...common("api"),
  });
  const sessions = makeApiUpgrades(api, common("sessions"));
  // Before the runtime, by which they are ended.
  closers.add(() => sessions.close());
  return { answer: makeNodeListener(api, common("api")), sessions };
}
