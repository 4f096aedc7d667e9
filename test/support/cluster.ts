import { randomBytes } from "node:crypto";
import { buildRights } from "../../packages/builders/src/index.ts";
import { type Cluster, type KubeObject, openCluster } from "../../packages/cluster/src/index.ts";
import { quietLog, systemClock, systemRandom } from "../../packages/core/src/index.ts";
import { type FaultProxy, openFaultProxy } from "../../packages/cluster/src/testing/fault-proxy.ts";
import { neededRights } from "../../packages/runtimes/src/index.ts";
import { type Berth, startBerth } from "./berth.ts";
import { makeAccount } from "./cluster-account.ts";
import { hasRegistry, mirrors, registryUrl } from "./parts.ts";

/** A pod, as far as tests look. */
export interface Pod extends KubeObject {
  spec: {
    containers: { image: string; securityContext: object }[];
    securityContext: object;
    automountServiceAccountToken?: boolean;
  };
  status?: { podIP?: string; phase?: string; conditions?: { type: string; status: string }[] };
}

/** The cluster of KUBECONFIG and no other: nobody's own is used unasked. */
export function openTestCluster(): Promise<Cluster> {
  const kubeconfig = process.env["KUBECONFIG"] ?? "";
  return openCluster({ kubeconfig, deps: { clock: systemClock, random: systemRandom, log: quietLog } });
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
  /** As an administrator has it. */
  cluster: Cluster;
  /** The file of a kubeconfig of its account. */
  kubeconfig: string;
  /** What the names of its namespaces begin with, and those of a second registration of the cluster. */
  prefixes: { own: string; second: string };
  /** What the server was started with, for another one in its place. */
  settings: Record<string, string>;
  /** Pods of an app's environment that are not about to end. */
  pods(app: string, environment?: string): Promise<Pod[]>;
  deployments(app: string, environment?: string): Promise<readonly KubeObject[]>;
  namespace(app: string, environment?: string): Promise<KubeObject | null>;
  /** What builds have on the cluster at the moment. */
  builds(): Promise<{ jobs: readonly KubeObject[]; pods: readonly Pod[]; claims: readonly KubeObject[] }>;
  /** Ends the server, and removes all that it has made on the cluster. */
  stop(): Promise<void>;
}

/** With `proxied`, the server calls the API server through a proxy that can do harm to its calls. A `program` stands for the server's own. */
export async function startOnCluster(
  env: Record<string, string> = {},
  { proxied = false, program = undefined as string | undefined } = {},
): Promise<ClusterBerth & { proxy: FaultProxy | null }> {
  const random = randomBytes(3).toString("hex");
  const prefix = `t${random}-`;
  const second = `s${random}-`;
  const cluster = await openTestCluster();
  const rights = env["BERTH_BUILDER"] === "kubernetes" ? [...neededRights, ...buildRights] : neededRights;
  const account = await makeAccount(cluster, `${prefix}account`, rights);
  const proxy = proxied ? await openFaultProxy(account.kubeconfig) : null;
  const settings = {
    KUBECONFIG: proxy?.kubeconfig ?? account.kubeconfig,
    BERTH_RUNTIME: "kubernetes",
    BERTH_NAMESPACE_PREFIX: prefix,
    BERTH_MIRRORS: mirrors,
    ...env,
  };
  const berth = await startBerth(settings, undefined, program);
  const nameOf = (app: string, environment = "production") => `${prefix}${app}--${environment}`;
  const namespaces = { apiVersion: "v1", kind: "Namespace" };
  return {
    berth,
    cluster,
    kubeconfig: account.kubeconfig,
    prefixes: { own: prefix, second },
    settings,
    proxy,
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
    async builds() {
      const list = async <T extends KubeObject>(apiVersion: string, kind: string) =>
        (await cluster.list<T>({ apiVersion, kind }, { namespace: `${prefix}builds` })).items;
      const [jobs, pods] = await Promise.all([list("batch/v1", "Job"), list<Pod>("v1", "Pod")]);
      return { jobs, pods, claims: await list("v1", "PersistentVolumeClaim") };
    },
    async stop() {
      await berth.stop();
      const { items } = await cluster.list<KubeObject>(namespaces);
      for (const { metadata } of items.filter(({ metadata }) =>
        [prefix, second].some((each) => metadata.name.startsWith(each)),
      ))
        await cluster.remove({ ...namespaces, namespace: null, name: metadata.name });
      await account.remove();
      await proxy?.close();
      await cluster.close();
    },
  };
}
