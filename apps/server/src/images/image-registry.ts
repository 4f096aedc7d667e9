import type { App, Clock, Log, Random, Store } from "@berth/core";
import { type Images, makeRegistry, type Registry, type RegistryDeps } from "@berth/images";
import type { ImageOffers } from "./image-offers.ts";
import { readReleaseTags } from "./release-images.ts";

export interface ImageRegistryDeps {
  home: string;
  store: Store;
  images: Images;
  authenticate: RegistryDeps["authenticate"];
  /** Images that an app's builds run in at the moment. */
  offers: Pick<ImageOffers, "of">;
  /** As a browser writes it. */
  origin: string;
  clock: Clock;
  random: Random;
  log: Log;
}

const pageSize = 1_000;

/** The registry that this installation serves its images by. */
export async function openImageRegistry(deps: ImageRegistryDeps): Promise<Registry> {
  const { store, random, offers } = deps;
  const drawKey = () => Buffer.from(random.bytes(32)).toString("hex");
  return makeRegistry({
    ...deps,
    findApp: (name) => store.apps.get(name),
    listApps: () => listApps(store),
    releaseTags: (app) => readReleaseTags(store, app),
    releaseImages: async (app) => [...(await store.releases.images(app)), ...offers.of(app)],
    tokenKey: Buffer.from(await store.installation.getOrMake("registry-token-key", drawKey), "hex"),
    audit: (change) => store.audit.append({ ...change, environment: null }),
  });
}

async function listApps(store: Pick<Store, "apps">): Promise<App[]> {
  const apps: App[] = [];
  for (;;) {
    const after = apps.at(-1)?.name;
    const page = await store.apps.list({ limit: pageSize, ...(after !== undefined && { after }) });
    apps.push(...page);
    if (page.length < pageSize) return apps;
  }
}
