import {
  type DeployRequest,
  type Environment,
  expiresAt,
  isShortLived,
  judgeExpiry,
  makeSnapshot,
  type Scope,
} from "@berth/core";
import { buildServices } from "./build-services.ts";
import { type EnvironmentPlan, planEnvironment, tellPreview } from "./environment-plan.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import type { Rooms } from "./room.ts";
import { spanText } from "./span-text.ts";
import { carryOverrides, findOverrides, tellOverrides } from "./stored-overrides.ts";

/**
 * The way of a push, under the environment's lock: check, detect, build what is new, write the release, roll it out.
 * Whatever throws before the release is written leaves everything as it was; from then on the environment's loop decides.
 */
export async function deploy(context: OperationContext, request: DeployRequest, rooms: Rooms): Promise<void> {
  const { deps, operation, timeline, actor, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  stopping.throwIfAborted();
  await request.check();
  const pins = makePins(context);
  const known = await deps.store.environments.get(scope.app, scope.environment);
  const plan = await planEnvironment(context, request, known?.kind ?? null);
  if (known === null) await rooms.check(scope.app, plan);
  const built = await buildServices(context, request, plan, pins);
  const environment = await ensureEnvironment(context, request, plan, rooms);
  const overrides = carryOverrides(context, built.services, await findOverrides(deps.store, environment));
  const snapshot = makeSnapshot(built, overrides);
  const { release } = await deps.store.releases.create(
    {
      ...scope,
      kind: "deploy",
      carries: null,
      snapshot,
      origin: request.origin,
      operation: operation.id,
    },
    environment.revision,
    actor,
  );
  timeline.line("release", `v${release.version}`);
  tellPreview(context, plan, known === null);
  tellOverrides(context, snapshot);
  await followRelease(context, release);
  await followRules(context, environment, rulesOf(plan));
  await tellExpiring(context, scope);
  beside(pins.keep());
  beside(deps.images.publishRelease(release, stopping));
}

/** The environment, with what berth.yaml says of it; a new preview may need the place of another one. */
async function ensureEnvironment(
  { deps, timeline, actor }: OperationContext,
  { app, environment: name, ref }: DeployRequest,
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
async function followRules(
  { deps, environments, actor }: OperationContext,
  { app, name, isProtected }: Environment,
  rules: ReturnType<typeof rulesOf>,
): Promise<void> {
  await deps.store.environments.setRules(app, name, rules, actor);
  if (isProtected && !rules.isProtected) await environments.keeper({ app, environment: name }).reread();
}

/** Whoever pushes to an app is likely to know whether somebody still needs its other previews. */
async function tellExpiring({ deps, timeline }: OperationContext, { app, environment }: Scope): Promise<void> {
  const now = deps.clock.now();
  const others = (await deps.store.environments.list(app)).filter(({ name }) => name !== environment);
  const { soon } = judgeExpiry(others, now);
  if (soon.length === 0) return;
  const names = soon.map((one) => `${one.name} in ${spanText(expiresAt(one)! - now)}`);
  timeline.line("release", `soon removed, for nobody uses them: ${names.join(", ")} (berth environments keep <name>)`);
}
