import type { Cluster } from "@berth/cluster";
import type { Clock, IdentifiedWorkload, Log, Platform, Random, Scope } from "@berth/core";
import type { ClusterPlace, WorkloadModel } from "../model.ts";

export interface KubernetesRuntimeDeps {
  /** BERTH_HOME, an absolute path: logs are kept there. */
  home: string;
  cluster: Cluster;
  place: ClusterPlace;
  /** Of the cluster's nodes. */
  platform: Platform;
  /** What the image of a workload says of how it is run, and by which name nodes fetch it. Throws `image.not-found`, `image.unfit`. */
  describe(workload: IdentifiedWorkload): Promise<ImageFacts>;
  /** At which ports the routers take requests for the services of an environment. */
  neighbourPorts(scope: Scope): Promise<Readonly<Record<string, number>>>;
  clock: Clock;
  random: Random;
  log: Log;
  workerReadyAfterMs?: number;
  /** How often the cluster is asked how much memory instances use. Default 15 s. */
  measureEveryMs?: number;
  /** Beyond its grace, how long a pod is waited for that is to end: on a node that is lost it does not. Default 30 s. */
  endSlackMs?: number;
  /** How long the namespace of an environment stays after its last workload. Default 10 s. */
  namespaceLingerMs?: number;
}

export type ImageFacts = Omit<WorkloadModel, "workload" | "release">;

/** Who is said to have set the fields of what a deployer applies, and of what a scaler does. */
export const manager = { deployer: "berth-deployer", scaler: "berth-autoscaler" } as const;

export const ourManagers: ReadonlySet<string> = new Set(Object.values(manager));
