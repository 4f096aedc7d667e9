import { createHash } from "node:crypto";
import type { Cluster, KubeObject } from "@berth/cluster";
import { BerthError, type Clock, type Digest, type Log, type Platform, type Random, type Runtime } from "@berth/core";
import type { SharedDoor } from "@berth/router";
import { neededRights } from "@berth/runtimes";
import { connectWith } from "../kubernetes/connect.ts";
import { type ClusterRuntimeDeps, openClusterRuntime } from "../kubernetes/runtime.ts";
import { reachCluster, type ServerPlaceDeps } from "../kubernetes/server-place.ts";
import type { ClusterNeeds } from "./options.ts";

/** A registered cluster that answers, with what runs on it. */
export interface ClusterMember {
  cluster: Cluster;
  runtime: Runtime;
  doors: readonly SharedDoor[];
  identity: string;
  close(): Promise<void>;
}

export interface MemberDeps {
  name: string;
  kubeconfig: string;
  settings: ClusterNeeds;
  /** What images are made for. */
  platform: Platform;
  /** Of this server: what it is called on other clusters is made of it. */
  installation: string;
  /** Puts an image where the nodes of this cluster fetch it from, where that is a place of its own. */
  publish(app: string, digest: Digest): Promise<void>;
  /** Throws where the cluster cannot be used beside the others. */
  check(identity: string): void;
  parts: Pick<ClusterRuntimeDeps, "home" | "images" | "store"> & Pick<ServerPlaceDeps, "port" | "pullPassword">;
  clock: Clock;
  random: Random;
  log: Log;
}

/**
 * By what name this installation knows what it has made on a registered cluster: another one than on the cluster of the settings,
 * for both may be the same.
 */
export function memberInstallation(installation: string, name: string): string {
  return createHash("sha256").update(`${installation}/${name}`).digest("hex").slice(0, 12);
}

/** Connects to a registered cluster and looks at what is there. Throws what connecting throws, and `cluster.unfit`, each saying what to do. */
export async function openMember(deps: MemberDeps): Promise<ClusterMember> {
  const { name, kubeconfig, settings, platform, parts, clock, random, log } = deps;
  const connected = await connectWith({
    kubeconfig,
    context: undefined,
    rights: neededRights,
    platform,
    clock,
    random,
    log,
  });
  const { cluster } = connected;
  try {
    checkPlatform(name, connected.platform, platform);
    const identity = await readIdentity(cluster);
    deps.check(identity);
    const installation = memberInstallation(deps.installation, name);
    const { publish } = deps;
    const { port, pullPassword, ...rest } = parts;
    const open = async () => {
      const reached = await reachCluster({
        connected,
        settings,
        installation,
        port,
        pullPassword,
        registeredAs: name,
        log,
      });
      return await openClusterRuntime({
        ...rest,
        connected: reached,
        settings,
        installation,
        publish,
        clock,
        random,
        log,
      });
    };
    const opened = await open().catch((error: unknown) => {
      throw asOption(error);
    });
    return {
      cluster,
      identity,
      ...opened,
      async close() {
        await opened.runtime.close();
        await cluster.close();
      },
    };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** What tells one cluster from another, by whatever address it is reached: the id of a namespace that each has from its first day. */
export async function readIdentity(cluster: Cluster): Promise<string> {
  const ref = { apiVersion: "v1", kind: "Namespace", namespace: null, name: "kube-system" };
  return (await cluster.get<KubeObject>(ref))?.metadata.uid ?? cluster.server;
}

function checkPlatform(name: string, there: Platform, built: Platform): void {
  if (there.os === built.os && there.architecture === built.architecture) return;
  const text = ({ os, architecture }: Platform) => `${os}/${architecture}`;
  throw new BerthError(
    "cluster.unfit",
    `The nodes of ${name} are ${text(there)}, and images are built for ${text(built)}.`,
    { path: name, hint: `Add nodes that are ${text(built)}, or run a second Berth for this cluster.` },
  );
}

const optionOf: Readonly<Record<string, { option: string; hint: string }>> = {
  BERTH_REGISTRY: {
    option: "registry",
    hint: "Name a registry that both reach, with a folder in it: --registry registry.example.com/team",
  },
  BERTH_ROUTER_ADDRESSES: {
    option: "routerAddresses",
    hint: "Name the addresses at which its pods reach this server: --router-addresses 192.0.2.7",
  },
};

/** What the settings of the server would be to mend, said as the option that it is of a registered cluster. */
function asOption(error: unknown): unknown {
  const option = error instanceof BerthError ? optionOf[error.path ?? ""] : undefined;
  if (!(error instanceof BerthError) || option === undefined) return error;
  const { message, details } = error;
  return new BerthError("cluster.unfit", message, { path: option.option, hint: option.hint, details, cause: error });
}
