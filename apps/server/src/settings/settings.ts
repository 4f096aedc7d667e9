import type { EdgeSettings } from "@berth/router";
import type { EnvironmentQuota, PodPlace } from "@berth/runtimes";

/** How builds on a cluster are made. */
export interface ClusterBuildSettings {
  /** Berth's own image, by digest; null where nobody has said. */
  image: string | null;
  quota: EnvironmentQuota;
  /** Of an app's cache volume; 0: none. */
  cacheBytes: number;
  /** 0: a free one. */
  port: number;
}

/** How a cluster is used. */
export interface ClusterSettings {
  /** Null: the kubeconfig's current one. */
  context: string | null;
  namespacePrefix: string;
  /** Null: found out. */
  routerAddresses: readonly string[] | null;
  ranges: readonly string[] | null;
  /** Which pods are routers; null: none, this server is. */
  routerPods: PodPlace | null;
  quota: EnvironmentQuota;
}

export interface Settings {
  home: string;
  port: number;
  listen: string;
  domain: string;
  runtime: "process" | "docker" | "kubernetes";
  builder: "host" | "docker" | "kubernetes";
  builds: ClusterBuildSettings;
  layers: "gzip" | "zstd";
  /** As written; the client of registries reads it. */
  mirrors: string;
  /** Host and folder that images are pushed to, as written; null: nowhere. */
  registry: string | null;
  pullLogin: { username: string; password: string } | null;
  /** By which name nodes reach this server's own registry; null: found out. */
  nodesRegistry: string | null;
  subnets: string;
  /** Where people reach Berth; null: at the port it listens on. */
  publicUrl: string | null;
  cluster: ClusterSettings;
  /** How many processes take requests at the port, with this one. */
  workers: number;
  role: "all" | "router";
  server: string | null;
  routerToken: string | null;
  /** A program that prints the keys of config values, with its arguments; null: they are in a file. */
  configKeyCommand: readonly string[] | null;
  /** Where a router takes requests of neighbours; null: nowhere. */
  neighbours: string | null;
  /** Whom the servers in front of apps let in, and how much they take. */
  edge: EdgeSettings;
  /** `stdout`, or a file's absolute path; null: no access log. */
  accessLog: string | null;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
}

/** What a router in a process of its own needs. */
export interface RouterSettings extends Pick<
  Settings,
  "home" | "port" | "listen" | "domain" | "neighbours" | "workers" | "edge" | "accessLog"
> {
  server: string;
  routerToken: string;
  cluster: Pick<ClusterSettings, "ranges">;
}
