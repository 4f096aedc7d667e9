import { BerthError, defaultCluster, type RegisteredCluster } from "@berth/core";

interface Registration {
  name: string;
  identity: string;
  prefix: string;
}

/**
 * One cluster may be registered more than once, where its registrations' namespaces cannot have the same names.
 * Throws `cluster.unfit`.
 */
export function requireApart(
  added: Registration,
  own: Pick<Registration, "identity" | "prefix">,
  registered: readonly RegisteredCluster[],
): void {
  const others = [
    { name: defaultCluster, ...own },
    ...registered.map(({ name, identity, options }) => ({ name, identity, prefix: options.namespacePrefix })),
  ];
  const same = others.find(
    ({ identity, prefix }) =>
      identity === added.identity && (prefix.startsWith(added.prefix) || added.prefix.startsWith(prefix)),
  );
  if (same === undefined) return;
  throw new BerthError(
    "cluster.unfit",
    `${added.name} is the very cluster that is known as ${same.name}, and their namespaces would have the same names.`,
    {
      path: "namespacePrefix",
      hint: `Name another beginning of its namespaces: --namespace-prefix ${added.name}-, where ${same.name} has ${same.prefix}.`,
    },
  );
}
