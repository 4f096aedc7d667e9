import { defaultCluster, type Store } from "@berth/core";

/** By cluster: the environments that are on it or on their way there, such as `shop/production`. */
export type ClusterUse = ReadonlyMap<string, readonly string[]>;

export async function findUse({
  environments,
  releases,
}: Pick<Store, "environments" | "releases">): Promise<ClusterUse> {
  const use = new Map<string, Set<string>>();
  for (const { app, name, cluster, live, desired } of await environments.listActive()) {
    const coming =
      desired === null || desired === live ? null : await releases.get({ app, environment: name }, desired);
    for (const on of [cluster, coming === null ? cluster : coming.cluster]) {
      const key = on ?? defaultCluster;
      use.set(key, (use.get(key) ?? new Set()).add(`${app}/${name}`));
    }
  }
  return new Map([...use].map(([cluster, on]) => [cluster, [...on]]));
}
