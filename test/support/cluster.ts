import { randomBytes } from "node:crypto";
import { type Cluster, type KubeObject, openCluster } from "../../packages/cluster/src/index.ts";
import { systemClock, systemRandom } from "../../packages/core/src/index.ts";
import { neededRights } from "../../packages/runtimes/src/index.ts";
import { type Berth, startBerth } from "./berth.ts";
import { makeAccount } from "./cluster-account.ts";
import { hasRegistry, mirrors, registryUrl } from "./parts.ts";

/** A pod, as far as tests look. */
export interface Pod extends KubeObject {
  spec: { containers: { image: string; securityContext: object }[]; securityContext: object };
  status?: { podIP?: string; phase?: string };
}

/** The cluster of KUBECONFIG and no other: nobody's own is used unasked. */
export function openTestCluster(): Promise<Cluster> {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const kubeconfig = process.env["KUBECONFIG"] ?? "";
  return openCluster({ kubeconfig, deps: { clock: systemClock, random: systemRandom, log } });
}

/** Whether a cluster answers, and a registry with base images, and what to do where not. */
export async function hasCluster(): Promise<{ isThere: boolean; reason: string }> {
  if (!process.env["KUBECONFIG"]) {
    const reason = "KUBECONFIG is not set: start a cluster (k3s server) and name its kubeconfig";
    return { isThere: false, reason };
  }
  if (!(await hasRegistry())) return { isThere: false, reason: `no registry with node:24-slim on ${registryUrl}` };
  try {
    await (await openTestCluster()).close();
    return { isThere: true, reason: "" };
  } catch (error) {
    return { isThere: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A server whose apps run on the cluster, in namespaces of its own, by an account that may do what it needs and nothing else. */
export interface ClusterBerth {
  berth: Berth;
  cluster: Cluster;
  /** The file of a kubeconfig of its account. */
  kubeconfig: string;
  /** What the names of its namespaces begin with, and those of a second registration of the cluster. */
  prefixes: { own: string; second: string };
  /** Pods of an app's environment that are not about to end. */
  pods(app: string, environment?: string): Promise<Pod[]>;
  deployments(app: string, environment?: string): Promise<readonly KubeObject[]>;
  namespace(app: string, environment?: string): Promise<KubeObject | null>;
  /** Ends the server, and removes all that it has made on the cluster. */
  stop(): Promise<void>;
}

export async function startOnCluster(env: Record<string, string> = {}): Promise<ClusterBerth> {
  const random = randomBytes(3).toString("hex");
  const prefix = `t${random}-`;
  const second = `s${random}-`;
  const cluster = await openTestCluster();
  const account = await makeAccount(cluster, `${prefix}account`, neededRights);
  const settings = {
    KUBECONFIG: account.kubeconfig,
    BERTH_RUNTIME: "kubernetes",
    BERTH_NAMESPACE_PREFIX: prefix,
    BERTH_MIRRORS: mirrors,
    ...env,
  };
  const berth = await startBerth(settings);
  const nameOf = (app: string, environment = "production") => `${prefix}${app}--${environment}`;
  const namespaces = { apiVersion: "v1", kind: "Namespace" };
  return {
    berth,
    cluster,
    kubeconfig: account.kubeconfig,
    prefixes: { own: prefix, second },
    async pods(app, environment) {
      const { items } = await cluster.list<Pod>(
        { apiVersion: "v1", kind: "Pod" },
        { namespace: nameOf(app, environment) },
      );
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    },
    async deployments(app, environment) {
      const namespace = nameOf(app, environment);
      return (await cluster.list({ apiVersion: "apps/v1", kind: "Deployment" }, { namespace })).items;
    },
    namespace: (app, environment) =>
      cluster.get<KubeObject>({ ...namespaces, namespace: null, name: nameOf(app, environment) }),
    async stop() {
      await berth.stop();
      const { items } = await cluster.list<KubeObject>(namespaces);
      for (const { metadata } of items.filter(({ metadata }) =>
        [prefix, second].some((each) => metadata.name.startsWith(each)),
      ))
        await cluster.remove({ ...namespaces, namespace: null, name: metadata.name });
      await account.remove();
      await cluster.close();
    },
  };
}
