import { type Digest, production, type Release, type Store } from "@berth/core";

/** The tags that stand for releases of production in the registry: `v12`, or `v12-web` and `v12-api` where a release has several services. */
export function tagsOf(release: Pick<Release, "version" | "snapshot">): [tag: string, image: Digest][] {
  const { services } = release.snapshot;
  const name = `v${release.version}`;
  return services.map(({ spec, image }) => [services.length === 1 ? name : `${name}-${spec.name}`, image]);
}

const pageSize = 100;

/** All of these tags of an app. */
export async function readReleaseTags(
  store: Pick<Store, "releases">,
  app: string,
): Promise<ReadonlyMap<string, Digest>> {
  const tags = new Map<string, Digest>();
  const scope = { app, environment: production };
  let after: number | undefined;
  do {
    const page = await store.releases.list(scope, { limit: pageSize, ...(after !== undefined && { after }) });
    for (const release of page) for (const [tag, image] of tagsOf(release)) tags.set(tag, image);
    after = page.length < pageSize ? undefined : page.at(-1)?.version;
  } while (after !== undefined);
  return tags;
}
