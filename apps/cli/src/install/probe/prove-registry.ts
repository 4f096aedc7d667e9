import type { Cluster, KubeObject, RegistryLogin } from "@berth/cluster";
import type { Digest, Random } from "@berth/core";
import { BerthError } from "@berth/core/errors";
import { installName } from "../names.ts";
import { type InstallPlan, nodesRegistryOf } from "../plan.ts";
import type { ServerAccess } from "../server-access.ts";
import { pushProbeImage } from "./probe-image.ts";
import { probeNodes, type ProbeNodesDeps, silence } from "./probe-nodes.ts";

export interface ProveDeps extends Omit<ProbeNodesDeps, "plan" | "cluster" | "run"> {
  cluster: ProbeNodesDeps["cluster"] & Pick<Cluster, "list">;
  plan: InstallPlan;
  access: ServerAccess;
  env: Readonly<Record<string, string | undefined>>;
  random: Random;
}

type Node = KubeObject & {
  spec?: { unschedulable?: boolean };
  status?: {
    nodeInfo?: { operatingSystem: string; architecture: string };
    conditions?: readonly { type: string; status: string }[];
  };
};

/** So many are asked; on larger clusters they stand for the others. */
const nodesAtMost = 10;

/** Has nodes pull a tiny image from where images of apps will be. Resolves with the names of those that did. Throws `cluster.failed` naming what is in the way. */
export async function proveRegistry(deps: ProveDeps): Promise<readonly string[]> {
  const { cluster, plan, access, random, signal } = deps;
  const { items } = await cluster.list<Node>({ apiVersion: "v1", kind: "Node" }, { signal });
  const able = items.filter(isAble).slice(0, nodesAtMost);
  const nodes = able.map(({ metadata }) => metadata.name);
  const run = Buffer.from(random.bytes(4)).toString("hex");
  const architecture = able[0]?.status?.nodeInfo?.architecture ?? "amd64";
  const failed =
    plan.registry === null
      ? await probeOwn(deps, access, { nodes, run, architecture })
      : await probeOutside(deps, plan.registry, { nodes, run, architecture });
  if (failed.length === 0) return nodes;
  const from = plan.registry ?? nodesRegistryOf(plan);
  if (failed.every(({ why }) => why === silence)) {
    throw new BerthError("cluster.failed", "Nodes have not said in time whether they can pull images.", {
      path: from,
      details: failed.map(({ node, why }) => `${node}: ${why}`),
      hint: "See that they are well (kubectl describe nodes), and run berth install again.",
    });
  }
  throw new BerthError("cluster.failed", `Nodes cannot pull images from ${from}: apps could not start.`, {
    path: from,
    details: failed.map(({ node, why }) => `${node}: ${why}`),
    hint: hintFor(plan),
  });
}

interface Run {
  nodes: readonly string[];
  run: string;
  architecture: string;
}

/** By an app and a token that are made for it, and are gone afterwards. */
async function probeOwn(deps: ProveDeps, { host, owner }: ServerAccess, { nodes, run, architecture }: Run) {
  const { plan, env, random, signal } = deps;
  const app = `probe-${run}`;
  const json = { person: "install-probe", role: "deployer", note: "berth install" } as const;
  await owner.api.apps.$post({ json: { name: app, defaultBranch: null } });
  const token = await (await owner.api.tokens.$post({ json })).json();
  try {
    const login = { username: token.person, password: token.secret };
    const dockerConfig = JSON.stringify({
      auths: { [host]: { auth: Buffer.from(`${login.username}:${login.password}`).toString("base64") } },
    });
    const options = { repository: app, architecture, dockerConfig, env, random, signal };
    const digest = await pushProbeImage({ registry: host, ...options });
    const from = nodesRegistryOf(plan);
    const image = `${from}/${app}@${digest}`;
    return await probeNodes({ nodes, image, login: { registry: from, ...login }, secret: null }, { ...deps, run });
  } finally {
    await owner.api.tokens[":id"].$delete({ param: { id: token.id } });
    await owner.api.apps[":app"].$delete({ param: { app } });
  }
}

async function probeOutside(deps: ProveDeps, registry: string, { nodes, run, architecture }: Run) {
  const { plan, env, random, signal } = deps;
  const repository = "berth-probe";
  const dockerConfig = plan.registryConfig;
  const digest: Digest = await pushProbeImage({
    registry,
    repository,
    architecture,
    dockerConfig,
    env,
    random,
    signal,
  });
  const name = registry.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  const login = pullLoginOf(plan, name.split("/")[0]!);
  const secret = plan.registryConfig === null ? null : installName.registryLogin;
  return await probeNodes({ nodes, image: `${name}/${repository}@${digest}`, login, secret }, { ...deps, run });
}

/** What nodes log in with for images of apps. */
function pullLoginOf({ settings }: InstallPlan, registry: string): RegistryLogin | null {
  const [, username, password] = /^([^:]+):(.+)$/.exec(settings["BERTH_PULL_LOGIN"] ?? "") ?? [];
  return username === undefined || password === undefined ? null : { registry, username, password };
}

function isAble({ spec, status }: Node): boolean {
  const isReady = status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
  return isReady && spec?.unschedulable !== true && status?.nodeInfo?.operatingSystem === "linux";
}

function hintFor({ registry, access }: InstallPlan): string {
  if (registry !== null)
    return "See that every node reaches this registry and may pull: BERTH_PULL_LOGIN=name:password in --settings, nodes that are logged in, or Berth's own registry again: --registry none.";
  if (access.kind === "node-port")
    return "A node's own port does not answer at its localhost: kube-proxy does so with iptables or IPVS alone, and not where its nodePortAddresses leave localhost out. Give nodes another way: berth install --registry registry.example.com/team, or --ingress apps.example.org.";
  return `See that nodes find ${access.host}, and trust its certificate. Or give them a registry: berth install --registry registry.example.com/team.`;
}
