import { type Actor, BerthError, type Scope, type UnknownWorkload } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import type { Environments } from "./environments.ts";

/** What runs and the store knows nothing of, in all environments, also of apps that it has not. */
export async function listUnknown(
  { runtime }: Pick<DeployerDeps, "runtime">,
  environments: Environments,
): Promise<UnknownWorkload[]> {
  const { workloads } = await runtime.observe();
  return [...workloads.values()]
    .filter(({ id, app, environment }) => environments.unknown({ app, environment }).has(id))
    .map(({ id, app, environment, service, replicas }) => ({ app, environment, service, workload: id, replicas }))
    .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

/** Removes those that are named, and that the store still knows nothing of. Throws `not-found` before any is removed. */
export async function removeUnknown(
  deps: DeployerDeps,
  environments: Environments,
  ids: readonly string[],
  actor: Actor,
): Promise<UnknownWorkload[]> {
  const unknown = new Map((await listUnknown(deps, environments)).map((each) => [each.workload, each]));
  const missing = ids.filter((id) => !unknown.has(id));
  if (missing.length > 0) {
    throw new BerthError("not-found", `${missing.join(" and ")} is not among what runs without a release.`, {
      hint: "`berth prune` lists what is.",
    });
  }
  const removed = ids.map((id) => unknown.get(id)!);
  for (const { app, environment, service, workload } of removed) {
    await deps.runtime.remove(workload);
    const detail = `${service} ${workload}, which no release has made`;
    await deps.store.audit.append({ person: actor.person, action: "workload.remove", app, environment, detail });
  }
  return removed;
}

/** Environments in which something runs, and that the store does not have as such: nobody else looks at them. */
export async function strayScopes(
  { runtime }: Pick<DeployerDeps, "runtime">,
  known: readonly Scope[],
): Promise<Scope[]> {
  const { workloads } = await runtime.observe();
  const keys = new Set(known.map(scopeKey));
  const stray = new Map<string, Scope>();
  for (const { app, environment } of workloads.values()) {
    const key = scopeKey({ app, environment });
    if (!keys.has(key)) stray.set(key, { app, environment });
  }
  return [...stray.values()];
}

function placeOf({ app, environment, service, workload }: UnknownWorkload): string {
  return [app, environment, service, workload].join(" ");
}
