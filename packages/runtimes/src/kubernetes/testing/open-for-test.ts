import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCluster } from "@berth/cluster";
import type { Cluster } from "@berth/cluster";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { Runtime, Scope } from "@berth/core";
import type { RuntimeUnderTest } from "../../conformance/runtime-under-test.ts";
import { startKubernetesRuntime } from "../driver/runtime.ts";
import type { KubernetesRuntimeDeps } from "../driver/deps.ts";
import { label } from "../labels.ts";
import { namespaceName } from "../names.ts";
import type { EnvironmentQuota, RouterPlace } from "../model.ts";
import { makeTestPlace } from "./on-cluster.ts";
import { pushAppImage, readBase, registry } from "./push-image.ts";

const repository = "berth-test/app";
const port = 8080;
const serverAsRouter: RouterPlace = { kind: "outside", addresses: ["198.18.0.1"], publicPorts: [4000] };

const platform = { os: "linux", architecture: process.arch === "x64" ? "amd64" : process.arch };

/** Where the API server is: a kubelet tells it to every container. */
const clusterVariables = [
  "KUBERNETES_PORT",
  "KUBERNETES_PORT_443_TCP",
  "KUBERNETES_PORT_443_TCP_ADDR",
  "KUBERNETES_PORT_443_TCP_PORT",
  "KUBERNETES_PORT_443_TCP_PROTO",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "KUBERNETES_SERVICE_PORT_HTTPS",
];

export interface KubernetesUnderTest extends RuntimeUnderTest {
  namespaceOf(scope: Scope): string;
}

export interface TestPlaceChanges {
  quota?: EnvironmentQuota;
  routers?: RouterPlace;
  /** Whom images want to run as. */
  user?: number;
}

/** A kubernetes runtime of an installation of its own, on the cluster that KUBECONFIG names. */
export async function openKubernetesRuntime(
  changes: Partial<KubernetesRuntimeDeps> = {},
  { quota, routers = serverAsRouter, user = 1_000 }: TestPlaceChanges = {},
): Promise<KubernetesUnderTest> {
  const home = await mkdtemp(join(tmpdir(), "berth-kubernetes-"));
  const deps = { clock: systemClock, random: systemRandom, log: quietLog };
  const options = { kubeconfig: process.env["KUBECONFIG"] ?? "", deps };
  // Removes what the runtime has made, whatever becomes of its own.
  const cluster = await openCluster(options);
  const testPlace = makeTestPlace(`t${randomBytes(3).toString("hex")}-`, routers);
  const place = { ...testPlace, ...(quota !== undefined && { quota }) };
  const base = await readBase();
  const imageEnv = Object.fromEntries(base.config.config.Env.map((text) => text.split(/=(.*)/s).slice(0, 2)));
  let runtime: Runtime | null = null;
  let used: Cluster | null = null;

  async function start(): Promise<Runtime> {
    used = await openCluster(options);
    runtime = await startKubernetesRuntime({
      home,
      cluster: used,
      place,
      platform: { ...platform, libc: null },
      describe: async ({ image, env, health }) => ({
        image: `${registry}/${repository}@${image}`,
        ...platform,
        user,
        group: 1_000,
        imageEnv: imageEnv as Record<string, string>,
        writable: [],
        workingFolder: "/app",
        port: health === null ? null : Number(env["PORT"] ?? port),
      }),
      neighbourPorts: async () => ({}),
      measureEveryMs: 2_000,
      ...deps,
      ...changes,
    });
    return runtime;
  }

  async function end(): Promise<void> {
    await runtime?.close();
    await used?.close();
  }

  const labels = `${label.installation}=${place.installation}`;
  await start();
  return {
    get runtime() {
      return runtime!;
    },
    namespaceOf: (scope) => namespaceName(place.namespacePrefix, scope),
    makeImage: (folder) => pushAppImage(repository, folder),
    async reopen() {
      await end();
      return start();
    },
    // What a kubelet does not ask as Berth does is asked anew by a new server.
    readyAtSlackMs: 60_000,
    restartsAtOnce: true,
    ownVariables: ["HOME", "HOSTNAME", ...clusterVariables, ...Object.keys(imageEnv)],
    remains: async () => (await cluster.list({ apiVersion: "v1", kind: "Pod" }, { labels })).items.length,
    async dispose() {
      await end();
      const { items } = await cluster.list({ apiVersion: "v1", kind: "Namespace" }, { labels });
      for (const { metadata } of items) {
        const ref = { apiVersion: "v1", kind: "Namespace", namespace: null, name: metadata.name };
        await cluster.remove(ref);
      }
      await cluster.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
