import {
  BerthError,
  contentOf,
  type Environment,
  makeSnapshot,
  type Release,
  type RollbackCheck,
  rollbackLine,
  type RollbackRequest,
  type RollbackVerdict,
  type Scope,
  type Store,
  summariseDrill,
} from "@berth/core";
import { holdConfig } from "./config/hold-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { carryRelease } from "./carry-release.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findRelease } from "./find.ts";
import type { OperationContext } from "./operations.ts";
import { verdictOf } from "./rollback-facts.ts";
import { findOverrides, tellOverrides } from "./stored-overrides.ts";

/**
 * Goes back: a new release that carries an older snapshot forward. Where its workloads still run that is a pointer flip. Overrides of the
 * scale stay: they are for the load there is, and not for the code. What was adopted is content, and is as it was in that release.
 */
export async function rollback(
  context: OperationContext,
  request: RollbackRequest,
  found: RollbackTarget,
): Promise<void> {
  const { deps, timeline, actor } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { environment, target, verdict } = await stillTarget(deps, request, found);
  const { scales } = await findOverrides(deps.store, environment);
  const held = await holdConfig(deps, environment, target.snapshot);
  const carried = makeSnapshot({ ...target.snapshot, held }, { scales, adopted: target.snapshot.adopted });
  const { undoes } = verdict;
  const snapshot = undoes.length === 0 ? carried : { ...carried, undoes };
  const { version: carries, origin } = target;
  if (verdict.outcome === "blocked") await noteForce(context, verdict);
  await carryRelease(
    context,
    { ...scope, kind: "rollback", carries, snapshot, origin },
    environment.revision,
    (version) => {
      timeline.line("release", `v${version} carries v${carries} forward`);
      if (verdict.outcome === "blocked") timeline.line("release", `${actor.person} goes back though it is not safe`);
      for (const { kind, message } of verdict.findings) if (kind !== "undo") timeline.line("release", message);
      if (snapshot.release !== undefined && undoes.length === 0)
        timeline.line("release", "a rollback does not run the release command");
      tellOverrides(context, snapshot);
      tellHeld(context, snapshot);
    },
  );
}

/** Who goes back though it is not safe is in the audit, with why it was not. */
async function noteForce({ deps, actor }: OperationContext, verdict: RollbackVerdict): Promise<void> {
  const { app, environment, version } = verdict;
  const why = blocking(verdict).map(({ kind, version }) => `${kind} v${version}`);
  const detail = `v${version}: ${why.join(", ")}`;
  await deps.store.audit.append({ person: actor.person, action: "rollback.force", app, environment, detail });
}

export interface RollbackTarget {
  environment: Environment;
  /** The deploy whose snapshot comes back. */
  target: Release;
  /** What of it was to be known before. */
  verdict: RollbackVerdict;
}

/** The target that was found before the lock was had, unless the environment has moved since. */
async function stillTarget(
  deps: DeployerDeps,
  request: RollbackRequest,
  found: RollbackTarget,
): Promise<RollbackTarget> {
  const environment = await deps.store.environments.get(request.app, request.environment);
  return environment?.revision === found.environment.revision ? found : await findAllowed(deps, request);
}

/** What a rollback would return to. Throws where there is nothing, where it cannot be restored, and where it is not safe and not forced. */
export async function findAllowed(deps: DeployerDeps, request: RollbackRequest): Promise<RollbackTarget> {
  const found = await findTarget(deps, request);
  requireAllowed(found.verdict, request.force ?? false);
  return found;
}

/** Whether a rollback is safe, and how the last drill of what it would return to went. Throws where there is nothing. */
export async function checkRollback(deps: DeployerDeps, request: RollbackRequest): Promise<RollbackCheck> {
  const { verdict } = await findTarget(deps, request);
  const drill = await deps.store.drills.latest(request, verdict.version);
  return { ...verdict, drill: drill && summariseDrill(drill) };
}

/** What a rollback would return to, with what is to be known of it. Throws where there is nothing. */
export async function findTarget(
  deps: DeployerDeps,
  { version, undo = true, ...scope }: RollbackRequest,
): Promise<RollbackTarget> {
  const environment = await findEnvironment(deps.store, scope);
  const target = version === null ? await findBefore(deps, environment) : await findVersion(deps, environment, version);
  const verdict = await verdictOf(deps, target, environment, { undo });
  return { environment, target, verdict };
}

function requireAllowed(verdict: RollbackVerdict, force: boolean): void {
  requirePossible(verdict);
  const [first, ...others] = blocking(verdict);
  if (first === undefined || force) return;
  const { version } = verdict;
  throw new BerthError("release.rollback-blocked", `Going back to v${version} is not safe: ${first.message}`, {
    path: `v${version}`,
    details: others.map(({ message }) => message),
    hint: first.hint ?? `To go back all the same: ${rollbackLine(verdict, "--force")}`,
  });
}

/** Throws `image.unfit` or `release.not-restorable` where no word helps. */
export function requirePossible({ findings }: RollbackVerdict): void {
  const hopeless = findings.find(({ weight }) => weight === "impossible");
  if (hopeless === undefined) return;
  const code = hopeless.kind === "image-unfit" ? "image.unfit" : "release.not-restorable";
  const { message, hint, service } = hopeless;
  throw new BerthError(code, message, {
    ...(service !== null && { path: service }),
    ...(hint !== null && { hint }),
  });
}

function blocking({ findings }: RollbackVerdict) {
  return findings.filter(({ weight }) => weight === "blocks");
}

/**
 * What was live before the deploy that is served. A rollback only carries an older deploy forward, so going back once more
 * goes further back, never forward to what was just left; and a deploy after a rollback goes back to what that rollback restored.
 */
async function findBefore({ store }: DeployerDeps, { app, name, live }: Environment): Promise<Release> {
  const scope: Scope = { app, environment: name };
  const current = live === null ? null : await store.releases.get(scope, live);
  const served = current === null ? 0 : contentOf(current);
  for (let after = served; ;) {
    const page = await store.releases.list(scope, { limit: 20, after });
    const found = page.find(({ liveAt }) => liveAt !== null);
    if (found !== undefined) return await carriedBy(store, found);
    const last = page.at(-1);
    if (last === undefined)
      throw new BerthError("release.not-found", `${app} has no earlier release in ${name} to go back to.`, {
        hint: "`berth rollback v11` goes to any that `berth releases` shows, also to a newer one; a change of scale is undone by `berth scale --reset`.",
      });
    after = last.version;
  }
}

/** The deploy that a release is, or carries forward: carrying a rollback, or a change of scale, forward carries what that carried. */
async function carriedBy(store: Store, release: Release): Promise<Release> {
  return release.carries === null ? release : ((await store.releases.get(release, release.carries)) ?? release);
}

async function findVersion(
  { store }: DeployerDeps,
  { app, name, live }: Environment,
  version: number,
): Promise<Release> {
  const scope: Scope = { app, environment: name };
  const hint = `berth releases --app ${app} lists those that can be restored.`;
  const release = await findRelease(store, scope, version, hint);
  if (version === live) throw new BerthError("release.not-restorable", `v${version} is live already.`, { hint });
  if (release.liveAt === null) {
    const reason = release.reason ?? "it did not come up";
    throw new BerthError("release.not-restorable", `v${version} never became live: ${reason}`, { hint });
  }
  return await carriedBy(store, release);
}
