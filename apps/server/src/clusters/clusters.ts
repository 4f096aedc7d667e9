import type { Cluster, KubeObject } from "@berth/cluster";
import { makeOwnKubeconfig, refOf } from "@berth/cluster";
import {
  BerthError,
  checkClusterName,
  type Clusters,
  type ClusterStatus,
  defaultCluster,
  type Log,
  makeSerial,
  type NewCluster,
  type Store,
  toBerthError,
} from "@berth/core";
import { awayError, type Fleet, kubernetesLabel } from "@berth/runtimes";
import { type ClusterUse, findUse } from "./cluster-use.ts";
import type { KeptFiles } from "./kept-files.ts";
import type { ClusterLinks } from "./links.ts";
import { type ClusterMember, memberInstallation } from "./open-member.ts";
import { checkOptions, type ClusterNeeds } from "./options.ts";

export interface ClustersDeps {
  store: Pick<Store, "clusters" | "environments" | "releases">;
  settings: ClusterNeeds;
  fleet: Fleet;
  links: ClusterLinks;
  files: KeptFiles;
  /** The cluster of the settings. */
  main: Cluster;
  installation: string;
  /** Connects to a cluster that is not registered yet. */
  connect(name: string, cluster: Pick<NewCluster, "options" | "pullLogin">): Promise<ClusterMember>;
  log: Log;
}

/** A cluster that does not answer keeps nobody waiting who only wants to see it. */
const askMs = 3_000;

/** The clusters of this installation, by what the store, their API servers and the environments say. */
export function makeClusters(deps: ClustersDeps): Clusters {
  const { store, fleet, links, files, main, settings } = deps;
  const inTurn = makeSerial();

  async function statusOf(name: string, cluster: Cluster | null, use: ClusterUse): Promise<ClusterStatus> {
    const registered = await store.clusters.get(name);
    const { options, createdAt = null, createdBy = null } = registered ?? {};
    const asked: Asked = cluster === null ? { trouble: links.trouble(name) } : await ask(cluster);
    return {
      name,
      server: cluster?.server ?? null,
      isReachable: asked.version !== undefined,
      problem: asked.trouble?.message ?? (asked.version === undefined ? "It has not answered yet." : null),
      version: asked.version ?? null,
      nodes: asked.nodes ?? null,
      namespacePrefix: options?.namespacePrefix ?? settings.cluster.namespacePrefix,
      environments: use.get(name) ?? [],
      createdAt,
      createdBy,
    };
  }

  async function add(wanted: NewCluster, person: Parameters<Clusters["add"]>[1]): Promise<ClusterStatus> {
    const { name, kubeconfig, context, pullLogin } = wanted;
    checkClusterName(name);
    if ((await store.clusters.get(name)) !== null) throw exists(name);
    const options = checkOptions(wanted, settings);
    const own = makeOwnKubeconfig(kubeconfig, context);
    await files.write(name, { kubeconfig: own, pullLogin });
    try {
      const member = await deps.connect(name, { options, pullLogin });
      try {
        await store.clusters.create({ name, options, identity: member.identity }, person);
      } catch (error) {
        await member.close();
        throw error;
      }
      await links.hold(name, member);
      return await statusOf(name, member.cluster, new Map());
    } catch (error) {
      if ((await store.clusters.get(name)) === null) await files.remove(name);
      throw error;
    }
  }

  return {
    async list() {
      const [registered, use] = await Promise.all([store.clusters.list(), findUse(store)]);
      return await Promise.all([
        statusOf(defaultCluster, main, use),
        ...registered.map(({ name }) => statusOf(name, links.member(name)?.cluster ?? null, use)),
      ]);
    },
    add: (wanted, actor) => inTurn("clusters", () => add(wanted, actor)),
    delete: (name, actor) =>
      inTurn("clusters", async () => {
        const isUsed = (await findUse(store)).has(name);
        const there = links.member(name);
        const installation = memberInstallation(deps.installation, name);
        // What the store refuses to forget is left alone.
        const isClear = !isUsed && there !== null && (await isCleared(there, installation, deps.log));
        await store.clusters.delete(name, actor);
        const member = links.drop(name);
        fleet.leave(name);
        await member?.close();
        await files.remove(name);
        return { leftover: isClear ? null : `${kubernetesLabel.installation}=${installation}` };
      }),
    async find(name) {
      if (name === defaultCluster) return null;
      const registered = await store.clusters.get(name);
      if (registered === null) {
        const names = [defaultCluster, ...(await store.clusters.list()).map((one) => one.name)];
        throw new BerthError("cluster.not-found", `There is no cluster named ${name}.`, {
          path: name,
          hint: `There are ${names.join(", ")}; berth clusters add registers another.`,
        });
      }
      const { trouble } = await ask(memberOf(name));
      if (trouble) throw awayError(name, trouble);
      return name;
    },
  };

  function memberOf(name: string): Cluster {
    fleet.runtimeOf(name);
    return links.member(name)!.cluster;
  }
}

interface Asked {
  version?: string;
  nodes?: number;
  trouble?: BerthError | null;
}

async function ask(cluster: Cluster): Promise<Asked> {
  const signal = AbortSignal.timeout(askMs);
  try {
    const [version, nodes] = await Promise.all([
      cluster.read<{ gitVersion: string }>("/version", { signal }),
      cluster.list({ apiVersion: "v1", kind: "Node" }, { signal }),
    ]);
    return { version: version?.gitVersion.replace(/^v/, "") ?? "", nodes: nodes.items.length };
  } catch (error) {
    const trouble = signal.aborted
      ? new BerthError(
          "cluster.unreachable",
          `The cluster at ${cluster.server} has not answered within ${askMs / 1_000} s.`,
        )
      : toBerthError(error);
    return { trouble };
  }
}

/** Removes what this installation still has on a cluster that no environment is on. */
async function isCleared({ cluster, runtime }: ClusterMember, installation: string, log: Log): Promise<boolean> {
  try {
    const { workloads } = await runtime.observe();
    for (const id of workloads.keys()) await runtime.remove(id);
    const namespaces = { apiVersion: "v1", kind: "Namespace" };
    const { items } = await cluster.list<KubeObject>(namespaces, {
      labels: `${kubernetesLabel.installation}=${installation}`,
    });
    for (const namespace of items) await cluster.remove(refOf(namespace), { uid: namespace.metadata.uid ?? "" });
    return true;
  } catch (error) {
    log.warn(
      { err: error, server: cluster.server },
      "What is left on a cluster that is forgotten could not be removed",
    );
    return false;
  }
}

function exists(name: string): BerthError {
  return new BerthError("cluster.exists", `A cluster named ${name} is registered already.`, {
    path: name,
    hint: "`berth clusters list` shows those there are; choose another name, or delete it first.",
  });
}
