import type { Cluster } from "@berth/cluster";
import type { Random } from "@berth/core";
import { buildRights } from "@berth/builders";
import { neededRights, renderYaml } from "@berth/runtimes";
import { applyObjects } from "./apply-objects.ts";
import { type Asked, choose } from "./choose.ts";
import { readExisting } from "./existing.ts";
import { freeStuckServer } from "./free-stuck-server.ts";
import { logIn } from "./log-in.ts";
import { makeInstallObjects } from "./make-objects.ts";
import { makePlan } from "./make-plan.ts";
import type { InstallPlan } from "./plan.ts";
import { unreachableMirrors } from "./unreachable-mirrors.ts";
import { proveRegistry } from "./probe/prove-registry.ts";
import { openServerAccess } from "./server-access.ts";
import { waitForPods } from "./wait-for-pods.ts";

export interface InstallDeps {
  cluster: Cluster;
  env: Readonly<Record<string, string | undefined>>;
  /** Where this machine's user keeps tokens. */
  clientFolder: string;
  /** Whom the token for this machine names. */
  person: string;
  random: Random;
  say(line: string): void;
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
}

export interface InstallRequest {
  namespace: string;
  asked: Asked;
  /** Further settings of the server; null: those that it has. */
  settings: Readonly<Record<string, string>> | null;
  /** Docker's config.json; null: that it has. */
  registryConfig: string | null;
}

const tokenBytes = 32;

/** Decides, by what is asked for and what is on the cluster, and makes the objects. Throws `input.invalid`. */
async function prepareInstall(request: InstallRequest, { cluster, random }: Pick<InstallDeps, "cluster" | "random">) {
  const { namespace, asked, settings, registryConfig } = request;
  const before = await readExisting(cluster, namespace);
  const chosen = choose(asked, before.chosen);
  const drawnToken = Buffer.from(random.bytes(tokenBytes)).toString("hex");
  const plan = makePlan({ namespace, chosen, settings, registryConfig, drawnToken }, before);
  const objects = makeInstallObjects(plan, JSON.stringify(chosen), [...neededRights, ...buildRights]);
  return { plan, objects, isUpgrade: before.isInstalled };
}

/** What would be applied, as YAML for kubectl. */
export async function printInstall(
  request: InstallRequest,
  deps: Pick<InstallDeps, "cluster" | "random" | "say">,
): Promise<string> {
  const { plan, objects } = await prepareInstall(request, deps);
  warn(plan, deps.say);
  return await renderYaml(objects);
}

function warn({ settings }: InstallPlan, say: InstallDeps["say"]): void {
  for (const mirror of unreachableMirrors(settings))
    say(`warning   BERTH_MIRRORS has ${mirror}: to the server that is its own pod. Name an address that pods reach`);
}

export interface Installed {
  plan: InstallPlan;
  isUpgrade: boolean;
  /** As whom this machine is logged in. */
  person: string;
  /** The nodes that have pulled. */
  nodes: readonly string[];
}

/** Puts Berth on the cluster, or brings what is there up to date, and ends when it runs, nodes can pull and this machine is logged in. */
export async function install(request: InstallRequest, deps: InstallDeps): Promise<Installed> {
  const { cluster, say, now, signal } = deps;
  const startedAt = now();
  const { plan, objects, isUpgrade } = await prepareInstall(request, deps);
  const { namespace, url } = plan;
  warn(plan, say);
  say(`cluster   ${cluster.name}, Kubernetes ${cluster.version}`);
  await applyObjects(cluster, objects, signal);
  say(`apply     ${objects.length} objects in ${namespace}  ${((now() - startedAt) / 1_000).toFixed(1)} s`);
  await freeStuckServer(cluster, namespace, signal);
  await waitForPods("server", { ...deps, namespace });
  await waitForPods("router", { ...deps, namespace });
  const access = await openServerAccess({ ...deps, namespace });
  try {
    const person = await logIn({ access, url, clientFolder: deps.clientFolder, person: deps.person });
    say(`login     as ${person}, owner, at ${url}`);
    const nodes = await proveRegistry({ ...deps, plan, access });
    say(`registry  ${nodes.join(", ")} can pull`);
    return { plan, isUpgrade, person, nodes };
  } finally {
    access.close();
  }
}
