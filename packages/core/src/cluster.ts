import { BerthError } from "./errors.ts";
import type { Actor } from "./people.ts";

/** The name of the cluster that the settings name; it is registered nowhere. */
export const defaultCluster = "default";

const pattern = /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/;

/** Throws `input.invalid` unless a cluster can be registered by this name. */
export function checkClusterName(name: string): void {
  if (name === defaultCluster) {
    throw new BerthError("input.invalid", `${defaultCluster} is the cluster that the server's settings name.`, {
      path: "name",
      hint: "Choose another name, such as eu.",
    });
  }
  if (pattern.test(name)) return;
  throw new BerthError("input.invalid", `The cluster name ${JSON.stringify(name)} does not fit.`, {
    path: "name",
    hint: "Use up to 30 characters: a-z, 0-9 and hyphens, starting with a letter, such as eu.",
  });
}

/** How a registered cluster is used. What is null is as the server's settings have it, or is found out. */
export interface ClusterOptions {
  /** What the names of its namespaces begin with. */
  namespacePrefix: string;
  /** Where its nodes fetch images, host and folder, as written. */
  registry: string | null;
  /** Addresses at which its pods reach the routers. */
  routerAddresses: readonly string[] | null;
  /** Address ranges of its pods, services and nodes. */
  ranges: readonly string[] | null;
  /** What all instances of an environment may ask of it together, as written. */
  quota: string | null;
}

/** A cluster that environments can be moved to, beside the one of the settings. Its kubeconfig is a file in BERTH_HOME. */
export interface RegisteredCluster {
  name: string;
  options: ClusterOptions;
  /** What tells it from any other cluster, whatever address it has. */
  identity: string;
  createdAt: number;
  createdBy: string;
}

/** A cluster as it is now. */
export interface ClusterStatus {
  name: string;
  /** The address of its API server; null where nothing has been heard of it since the server's start. */
  server: string | null;
  isReachable: boolean;
  /** Why it is not reachable. */
  problem: string | null;
  /** Of Kubernetes, such as `1.35.4`; null where it does not answer. */
  version: string | null;
  nodes: number | null;
  namespacePrefix: string;
  /** Those that are on it: `shop/production`. */
  environments: readonly string[];
  /** Null of the cluster of the settings. */
  createdAt: number | null;
  createdBy: string | null;
}

export interface NewCluster {
  name: string;
  /** The text of a kubeconfig that has all that it needs in it. */
  kubeconfig: string;
  /** Which of its contexts is meant; null: the current one. */
  context: string | null;
  /** What nodes log in to its registry with, `name:password`; null where they need nothing. */
  pullLogin: string | null;
  options: Omit<ClusterOptions, "namespacePrefix"> & { namespacePrefix: string | null };
}

/** The clusters of this installation. All throw `cluster.unsupported` where apps do not run on clusters. */
export interface Clusters {
  list(): Promise<ClusterStatus[]>;
  /** Connects to a cluster and keeps it where that goes well. Throws `cluster.exists`, `cluster.unreachable`, `cluster.forbidden`, `cluster.unfit`, `input.invalid`. */
  add(cluster: NewCluster, actor: Actor): Promise<ClusterStatus>;
  /**
   * Forgets a cluster, and takes away what is left of Berth there. Where it does not answer: by which labels kubectl finds what may be
   * left, else null. Throws `cluster.not-found`, and `cluster.in-use` where environments are on it.
   */
  delete(name: string, actor: Actor): Promise<{ leftover: string | null }>;
  /**
   * What the store calls the cluster, null for the default one, if environments can be moved there now.
   * Throws `cluster.not-found`, `cluster.unreachable`.
   */
  find(name: string): Promise<string | null>;
}
