import { type Cluster, openCluster, type Right } from "@berth/cluster";
import { BerthError, type Clock, type Log, type Platform, type Random } from "@berth/core";
import type { ClusterSettings } from "../settings/settings.ts";
import { findKubeconfig } from "./kubeconfig.ts";
import { findPlatform, type Node } from "./survey.ts";

export interface ConnectDeps {
  settings: Pick<ClusterSettings, "context">;
  /** What this server is going to ask of the cluster. */
  rights: readonly Right[];
  env: Readonly<Record<string, string | undefined>>;
  /** Of the user, whose kubeconfig may be meant. */
  homeFolder: string;
  /** Of this machine. */
  platform: Platform;
  clock: Clock;
  random: Random;
  log: Log;
}

/** A cluster that Berth may use, as it was at the start. */
export interface ConnectedCluster {
  cluster: Cluster;
  /** Another client of the same cluster, whose calls do not wait behind those of this one. */
  openClient(): Promise<Cluster>;
  nodes: readonly Node[];
  /** What images have to be made for. */
  platform: Platform;
}

/** Connects to the cluster of the settings. Throws `settings.invalid`, `cluster.unreachable`, and `cluster.forbidden` naming the rights that are missing. */
export async function connectToCluster(deps: ConnectDeps): Promise<ConnectedCluster> {
  const { settings, env, homeFolder, ...common } = deps;
  return await connectWith({
    ...common,
    kubeconfig: findKubeconfig(env, homeFolder),
    context: settings.context ?? undefined,
  });
}

/** Connects to the cluster of a kubeconfig. Throws the same. */
export async function connectWith(
  deps: Omit<ConnectDeps, "settings" | "env" | "homeFolder"> & {
    kubeconfig: string | undefined;
    context: string | undefined;
  },
): Promise<ConnectedCluster> {
  const { kubeconfig, context, rights, platform, clock, random, log } = deps;
  const openClient = () => openCluster({ kubeconfig, context, deps: { clock, random, log } });
  const cluster = await openClient();
  try {
    await requireRights(cluster, rights);
    const { items: nodes } = await cluster.list<Node>({ apiVersion: "v1", kind: "Node" });
    return { cluster, openClient, nodes, platform: findPlatform(nodes, platform) };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function requireRights(cluster: Cluster, rights: readonly Right[]): Promise<void> {
  const missing = await cluster.missingRights(rights);
  if (missing.length === 0) return;
  const byResource = Map.groupBy(missing, ({ group, resource }) => (group === "" ? resource : `${resource}.${group}`));
  const details = [...byResource].map(
    ([resource, rights]) => `${resource}: ${rights.map(({ verb }) => verb).join(", ")}`,
  );
  throw new BerthError(
    "cluster.forbidden",
    `The account that Berth uses on the cluster ${cluster.name} lacks rights.`,
    {
      path: cluster.server,
      hint: "Give it a ClusterRole with them; docs/kubernetes.md has one with all that Berth needs.",
      details,
    },
  );
}
