import type { ClusterStatus } from "@berth/core";
import { type Style, table } from "../framework/output.ts";

/** Clusters as a table; under one that is away, why. */
export function clustersText(clusters: readonly ClusterStatus[], style: Style): string {
  const rows = clusters.flatMap((cluster) => [
    [
      cluster.name,
      cluster.isReachable ? style.green("reachable") : style.red("away"),
      cluster.version ?? "",
      cluster.nodes === null ? "" : String(cluster.nodes),
      cluster.namespacePrefix,
      cluster.environments.join(", ") || style.dim("none"),
    ],
    ...(cluster.problem === null ? [] : [[`  ${style.red(cluster.problem)}`]]),
  ]);
  return table(["NAME", "STATE", "VERSION", "NODES", "NAMESPACES", "ENVIRONMENTS"], rows, style);
}

/** One that was just registered. */
export function clusterText({ name, server, version, nodes, namespacePrefix }: ClusterStatus, style: Style): string {
  const count = nodes === 1 ? "1 node" : `${nodes ?? "no"} nodes`;
  return [
    `${style.green("✓")} ${name} is registered: Kubernetes ${version} with ${count} at ${server}`,
    `  namespaces begin with ${namespacePrefix}`,
    "",
    `Next: berth move <environment> --to ${name}`,
  ].join("\n");
}
