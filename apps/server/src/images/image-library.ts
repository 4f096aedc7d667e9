import type { Digest, ImageLibrary, ImagesReport, ImageUser, Store } from "@berth/core";
import { diskUse, type Images } from "@berth/images";

export interface ImageLibraryDeps {
  images: Pick<Images, "usage">;
  store: Pick<Store, "apps" | "environments" | "releases">;
  /** Removes what nothing needs, as it is done now and then anyway. */
  prune(): Promise<void>;
}

const pageSize = 200;

/** What lies in the store of images, beside the releases that need it. */
export function makeImageLibrary({ images, store, prune }: ImageLibraryDeps): ImageLibrary {
  async function report(app: string | null): Promise<ImagesReport> {
    const users = await findUsers(store);
    const usage = await images.usage();
    const digestsOf = Map.groupBy([...users.values()].flat(), (user) => user.app);
    const byApp = new Map(
      [...digestsOf].map(([name, here]) => [name, [...new Set(here.map(({ digest }) => digest))]] as const),
    );
    const use = diskUse(byApp, usage.images);
    const mine = (user: ImageUser) => app === null || user.app === app;
    return {
      images: usage.images
        .map(({ digest, base, sizeBytes, ownBytes, blobs }) => ({
          digest,
          users: (users.get(digest) ?? []).filter(mine).map(({ digest: _, ...user }) => user),
          base: blobs.some(({ kind }) => kind === "base") ? base : null,
          sizeBytes,
          ownBytes,
        }))
        .filter((image) => app === null || image.users.length > 0),
      apps: use.apps.filter((one) => app === null || one.app === app),
      basesBytes: use.basesBytes,
      unusedBytes: use.unusedBytes,
      blobsBytes: usage.blobsBytes,
      cacheBytes: usage.cacheBytes,
      unpackedBytes: usage.unpackedBytes,
    };
  }

  return {
    report,
    async prune() {
      const before = await images.usage();
      await prune();
      const after = await images.usage();
      const freedBytes = totalOf(before) - totalOf(after);
      return { images: before.images.length - after.images.length, freedBytes: Math.max(0, freedBytes) };
    },
  };
}

function totalOf(usage: Awaited<ReturnType<Images["usage"]>>): number {
  return usage.blobsBytes + usage.cacheBytes + usage.unpackedBytes;
}

/** By image: the services of releases that run it, newest releases first. */
async function findUsers(store: ImageLibraryDeps["store"]): Promise<Map<Digest, (ImageUser & { digest: Digest })[]>> {
  const found = new Map<Digest, (ImageUser & { digest: Digest })[]>();
  for await (const app of allApps(store)) {
    for (const { name: environment, live } of await store.environments.list(app)) {
      const releases = await store.releases.list({ app, environment }, { limit: pageSize });
      for (const { version, snapshot } of releases) {
        for (const { image: digest, spec } of snapshot.services) {
          const user = { digest, app, environment, version, service: spec.name, live: version === live };
          found.set(digest, [...(found.get(digest) ?? []), user]);
        }
      }
    }
  }
  return found;
}

async function* allApps({ apps }: Pick<Store, "apps">): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const page = await apps.list({ limit: pageSize, ...(after !== undefined && { after }) });
    for (const { name } of page) yield name;
    after = page.at(-1)?.name;
    if (page.length < pageSize) return;
  }
}
