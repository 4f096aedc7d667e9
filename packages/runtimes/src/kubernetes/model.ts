import type { RegistryLogin } from "@berth/cluster";
import type { EnvironmentQuota, IdentifiedWorkload, Scale, Scope } from "@berth/core";

/** What the translation needs to know of a cluster: settings of the installation, the same for all environments. */
export interface ClusterPlace {
  /** Names this installation among others on the same cluster. `[a-z0-9]`. */
  installation: string;
  /** Begins the name of every namespace, such as `berth-`. */
  namespacePrefix: string;
  routers: RouterPlace;
  /** Address ranges of pods, services and nodes: what an instance reaches there is named, and the rest of the world is not in them. */
  clusterRanges: readonly string[];
  /** Addresses of node-local DNS caches, which are no pods. */
  dnsAddresses: readonly string[];
  /** What nodes fetch images with; null where they need nothing. */
  pull: RegistryLogin | null;
  quota: EnvironmentQuota;
}

interface RouterDoors {
  /** Addresses at which they take requests, IPv4 or IPv6: of a machine, or of the pods that are ready. */
  addresses: readonly string[];
  /** Ports at which they take requests from the world: an instance may ask for another app as anyone may. */
  publicPorts: readonly number[];
}

/** Pods of Berth: those in this namespace with all of these labels. */
export interface PodPlace {
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

/** Where requests to instances come from, and where instances reach their neighbours. */
export type RouterPlace =
  /** The server itself, outside of the cluster: its pods reach these addresses. */
  | ({ kind: "outside" } & RouterDoors)
  /** Pods. The server is let in beside them: it asks instances whether they are ready, and has a router of its own. */
  | ({ kind: "inside"; server: ServerPlace } & PodPlace & RouterDoors);

export type ServerPlace = { kind: "outside"; addresses: readonly string[] } | ({ kind: "inside" } & PodPlace);

export type { EnvironmentQuota };

/** An environment as objects. */
export interface EnvironmentModel {
  scope: Scope;
  /** Ports at which the routers take requests for a neighbour, by service: constant per environment and service. */
  neighbourPorts: Readonly<Record<string, number>>;
}

/** A workload with what its image says. */
export interface WorkloadModel {
  workload: IdentifiedWorkload;
  /** By which nodes fetch it, with its digest: `localhost:5055/berth/shop@sha256:…`. */
  image: string;
  /** What the image was made for, and its nodes have to be, such as `linux` and `arm64`: a cluster may have nodes of several kinds. */
  os: string;
  architecture: string;
  /** Whom the image wants to run as; what is 0 or a name is refused before this. */
  user: number;
  group: number;
  /** Variables that the image sets. */
  imageEnv: Readonly<Record<string, string>>;
  /** Folders that instances may write in, besides /tmp. */
  writable: readonly WritableFolder[];
  workingFolder: string;
  /** The port that it listens on; null for a worker. */
  port: number | null;
  /** The release that made it, shown by a label of the Deployment; never in the pod template. */
  release: number | null;
}

export interface WritableFolder {
  /** Absolute, never `/`. */
  path: string;
  /** The image has files in it, which instances start with. */
  hasContent: boolean;
}

/** A release of an environment as `berth manifests` prints it: what serves it without Berth. */
export interface PortableModel {
  scope: Scope;
  /** The host of its Ingress, such as `shop.example.org`. */
  host: string;
  /** Which controller serves the Ingress; null: the cluster's default one. */
  ingressClass: string | null;
  services: readonly PortableService[];
}

export interface PortableService extends WorkloadModel {
  routes: readonly string[];
  scale: Scale;
}
