import { type DeployRequest, type Environment, isShortLived } from "@berth/core";
import type { EnvironmentPlan } from "./environment-plan.ts";
import type { OperationContext } from "./operations.ts";
import type { Rooms } from "./room.ts";

/** The environment, with what berth.yaml says of it; a new preview may need the place of another one. */
export async function ensureEnvironment(
  { deps, timeline, actor }: OperationContext,
  { app, environment: name, ref }: Pick<DeployRequest, "app" | "environment" | "ref">,
  plan: EnvironmentPlan,
  rooms: Rooms,
): Promise<Environment> {
  const { environments } = deps.store;
  const { kind, isDeclared } = plan;
  const ensure = () =>
    environments.ensure(
      { app, name, kind, branch: ref?.branch ?? null, takesBranch: isDeclared, ...rulesOf(plan) },
      actor,
    );
  const known = await environments.get(app, name);
  if (known !== null) {
    const environment = await ensure();
    const { isProtected } = rulesOf(plan);
    // What is to be protected is so before the release is there, and what is not any more only once it is.
    if (isProtected && !known.isProtected)
      await environments.setRules(app, name, { ttlMs: known.ttlMs, isProtected }, actor);
    return environment;
  }
  return await rooms.enter(app, plan, async (left) => {
    if (left !== null) timeline.line("release", `${left} was removed to make room: it was unused for longest`);
    return await ensure();
  });
}

function rulesOf({ kind, previews }: EnvironmentPlan): Pick<Environment, "ttlMs" | "isProtected"> {
  return isShortLived(kind)
    ? { ttlMs: previews.ttlMs, isProtected: previews.isProtected }
    : { ttlMs: null, isProtected: false };
}

/** What the release that is live now says of its environment holds from now on. */
export async function followRules(
  { deps, environments, actor }: OperationContext,
  { app, name, isProtected }: Environment,
  plan: EnvironmentPlan,
): Promise<void> {
  const rules = rulesOf(plan);
  await deps.store.environments.setRules(app, name, rules, actor);
  if (isProtected && !rules.isProtected) await environments.keeper({ app, environment: name }).reread();
}
