import type { Cluster, RegistryLogin } from "@berth/cluster";
import type { Platform } from "@berth/core";
import type { Base } from "@berth/images";
import type { BuilderDeps } from "../build/deps.ts";
import type { SettingsFile } from "../host/deps.ts";
import type { BuildChannel } from "./channel/channel.ts";

export interface KubernetesBuilderDeps extends BuilderDeps {
  cluster: Cluster;
  place: BuildPlace;
  channel: BuildChannel;
  /** What images are made for. */
  platform: Platform;
  /** Lets nodes pull an image that builds of an app run in, until `end` is called; with the name that they pull it by. */
  offerImage(app: string, image: Base, signal: AbortSignal): Promise<{ name: string; end(): void }>;
  compression: "gzip" | "zstd";
  /** Variables that every step sees, such as proxies and addresses of registries. Paths of this machine mean nothing in there. */
  env: Readonly<Record<string, string>>;
  /** Settings files of package managers that every step finds, without logins. */
  settings: readonly SettingsFile[];
}

/** Where builds run, as settings and cluster say. */
export interface BuildPlace {
  /** Names this installation among others on the same cluster. `[a-z0-9]`. */
  installation: string;
  /** Of all builds of this installation. */
  namespace: string;
  /** Berth's own image, by digest; null where nobody has said. */
  image: string | null;
  /** Where pods reach the channel: `http://10.0.0.5:4002`, without a slash at its end. */
  channelUrl: string;
  /** The pods that this is, by namespace and labels; null where the server is no pod of the cluster, and is known by its address. */
  server: { namespace: string; labels: Readonly<Record<string, string>> } | null;
  /** Of pods, services and nodes: closed to builds. */
  clusterRanges: readonly string[];
  dnsAddresses: readonly string[];
  /** What nodes fetch images of builds with; null where they need nothing. */
  pull: RegistryLogin | null;
  /** What all builds at once may take. */
  quota: { pods: number; cpuMillis: number; memoryBytes: number };
  /** What images are made for, and nodes of builds have to be. */
  platform: Pick<Platform, "os" | "architecture">;
  /** Of an app's cache volume; 0: no app has one. */
  cacheBytes: number;
}

/** What the steps of one build may use. They are promised little, so that a build fits beside apps and yields to them; processors that are idle it has all the same. */
export const stepLimits = {
  cpuMillis: 100,
  memoryBytes: 512 * 2 ** 20,
  mostMemoryBytes: 4 * 2 ** 30,
  diskBytes: 20 * 2 ** 30,
};
/** What Berth's own part of one build may use. */
export const ownLimits = { cpuMillis: 20, memoryBytes: 256 * 2 ** 20, mostMemoryBytes: 2 ** 30 };
/** A build that has not ended by then is ended: steps have limits of their own, and there are few. */
export const deadlineSeconds = 2 * 3_600;
/** So long a Job that has ended is kept where nobody has removed it. */
export const keptSeconds = 300;
