import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCluster } from "@berth/cluster";
import type { Cluster, KubeObject } from "@berth/cluster";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { openRemote, parseMirrors } from "@berth/images";
import { describe } from "vitest";
import type { BuilderUnderTest } from "../conformance/builder-under-test.ts";
import { makeKubernetesBuilder } from "../kubernetes/builder.ts";
import { makeBuildChannel } from "../kubernetes/channel/channel.ts";
import type { KubernetesBuilderDeps } from "../kubernetes/deps.ts";
import { nodeImage, registry } from "./docker.ts";
import { openImagesIn } from "./host.ts";
import { ownImage } from "./own-image.ts";

const deps = { clock: systemClock, random: systemRandom, log: quietLog };
const never = new AbortController().signal;
/** Pods pull from there without a login. */
const nodesRegistry = "localhost:5055";

/** Tests that need a cluster and a registry: skipped with the reason where there is none, an error in CI. */
export async function describeWithCluster(title: string, suite: () => void): Promise<void> {
  const missing = await findMissing();
  if (missing === null) return void describe(title, suite);
  if (process.env["CI"] === "true") throw new Error(`A cluster or base images are missing in CI: ${missing}`);
  console.warn(`skipped: ${missing}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`${title} (missing: ${missing})`, suite);
}

/** Why tests with a cluster cannot run here; null where they can. Nobody's own cluster is used unasked. */
async function findMissing(): Promise<string | null> {
  if (!process.env["KUBECONFIG"]) return "KUBECONFIG is not set.";
  const answer = await fetch(`${registry}/v2/library/node/tags/list`).catch(() => null);
  if (answer?.ok !== true) return `${registry} has no base images.`;
  try {
    await (await openTestCluster()).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function openTestCluster(): Promise<Cluster> {
  return openCluster({ kubeconfig: process.env["KUBECONFIG"] ?? "", deps });
}

/** A builder on the cluster, in a namespace of its own. */
export async function openOnCluster(changes: Partial<KubernetesBuilderDeps["place"]> = {}) {
  const home = await mkdtemp(join(tmpdir(), "berth-builders-"));
  const { images, close } = await openImagesIn(home);
  const remote = openRemote({
    home,
    images,
    mirrors: parseMirrors(`docker.io=${registry}`),
    docker: { folder: join(home, "docker"), path: "", env: {} },
    proxyEnv: {},
    ...deps,
  });
  const cluster = await openTestCluster();
  const channel = makeBuildChannel({ images, random: systemRandom, log: quietLog });
  const http = createServer(channel.handle).listen(0, "0.0.0.0");
  await once(http, "listening");
  const { items: nodes } = await cluster.list<Node>({ apiVersion: "v1", kind: "Node" });
  const node = nodes[0]?.status.addresses.find(({ type }) => type === "InternalIP")?.address ?? "";
  const installation = `test${Buffer.from(systemRandom.bytes(4)).toString("hex")}`;
  const platform = { os: "linux", architecture: nodes[0]?.status.nodeInfo.architecture ?? "", libc: null };
  const place = {
    installation,
    namespace: `${installation}-builds`,
    image: await ownImage(nodesRegistry),
    // The one node is this machine.
    server: null,
    platform,
    channelUrl: `http://${node}:${(http.address() as AddressInfo).port}`,
    clusterRanges: ["10.96.0.0/16", "10.244.0.0/16"],
    dnsAddresses: [],
    pull: null,
    quota: { pods: 10, cpuMillis: 8_000, memoryBytes: 64 * 2 ** 30 },
    cacheBytes: 2 ** 30,
    ...changes,
  };
  const builder = makeKubernetesBuilder({
    home,
    images,
    supportFiles: () => [],
    openBase: ({ image, digest }) =>
      digest === null
        ? Promise.reject(new TypeError(`${image} is not pinned`))
        : remote.fetchBase({ image, digest }, platform, { signal: never }),
    ...deps,
    cluster,
    place,
    channel,
    platform,
    offerImage: async (_, image) => ({
      name: `${nodesRegistry}/${image.image.replace(/^docker\.io\//, "").replace(/:.*/, "")}@${image.manifest}`,
      end: () => undefined,
    }),
    compression: "gzip",
    env: {},
    settings: [],
  });
  return {
    home,
    images,
    cluster,
    builder,
    place,
    pin: async (image: string) => ({ image, digest: await remote.resolve(image, never) }),
    async dispose() {
      remote.close();
      http.closeAllConnections();
      http.close();
      await cluster.remove({ apiVersion: "v1", kind: "Namespace", namespace: null, name: place.namespace });
      await cluster.close();
      await close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

type Node = KubeObject & {
  status: { addresses: { type: string; address: string }[]; nodeInfo: { architecture: string } };
};

/** A builder on the cluster for the conformance suite. */
export async function kubernetesUnderTest(): Promise<BuilderUnderTest> {
  const { home, images, cluster, builder, place, pin, dispose } = await openOnCluster();
  const { namespace } = place;
  const list = async (apiVersion: string, kind: string) =>
    (await cluster.list<KubeObject>({ apiVersion, kind }, { namespace })).items;
  return {
    home,
    images,
    builder,
    plan: { buildImage: await pin(nodeImage) },
    // A pod's network cannot be taken away for a while.
    enforcesNoNetwork: false,
    async records() {
      const objects = [await list("batch/v1", "Job"), await list("v1", "Pod"), await list("v1", "Secret")];
      const plain = objects.flat().map((object) => JSON.stringify(object));
      // What a Secret has is in base64.
      return plain.flatMap((text) => [text, ...[...text.matchAll(/"([A-Za-z0-9+/=]{8,})"/g)].map(decode)]).join("\n");
    },
    remains: async () => (await list("v1", "Pod")).length + (await list("batch/v1", "Job")).length,
    dispose,
  };
}

function decode([, text = ""]: RegExpExecArray): string {
  return Buffer.from(text, "base64").toString();
}
