import {
  type AppPlan,
  asDev,
  asPreview,
  BerthError,
  defaultPreviews,
  type EnvironmentKind,
  environmentKindOf,
  isShortLived,
  type PlannedService,
  type PreviewRules,
  type ReleaseCommand,
  type Scope,
  type SourceTree,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { describePlan } from "./describe-plan.ts";
import type { OperationContext } from "./operations.ts";
import { spanText } from "./span-text.ts";

/** What an environment is to run of a source. */
export interface EnvironmentPlan {
  kind: EnvironmentKind;
  services: readonly PlannedService[];
  release: ReleaseCommand | null;
  previews: PreviewRules;
  /** Whether berth.yaml says which branches deploy there. */
  isDeclared: boolean;
}

type FittedPlan = Omit<EnvironmentPlan, "isDeclared">;

/** A source, and where it is to run. */
export interface PlannedPlace extends Pick<Scope, "environment"> {
  source: SourceTree;
}

/**
 * What a source says of an environment, which is of this kind already; null: it is not there yet. Throws `plan.nothing-found`,
 * `config.invalid`.
 */
export async function planOf(
  { planApp }: Pick<DeployerDeps, "planApp">,
  { environment, source }: PlannedPlace,
  known: EnvironmentKind | null,
): Promise<EnvironmentPlan> {
  const plan = await planApp(source);
  if (!plan.ok) {
    const { message, path, hint } = plan.problem;
    throw new BerthError("plan.nothing-found", message, { hint, ...(path !== null && { path }) });
  }
  const places = plan.environments ?? {};
  const isDeclared = Object.hasOwn(places, environment);
  return { ...fitPlan(plan, environmentKindOf(environment, places, known)), isDeclared };
}

/** The same, told while it is found. */
export async function planEnvironment(
  { deps, timeline }: Pick<OperationContext, "deps" | "timeline">,
  place: PlannedPlace,
  known: EnvironmentKind | null,
): Promise<EnvironmentPlan> {
  const end = timeline.start("detect", "");
  const plan = await planOf(deps, place, known);
  for (const { spec, plan: found } of plan.services) timeline.line("detect", describePlan(spec, found), spec.name);
  end(plan.services.map(({ spec }) => spec.name).join(", "));
  return plan;
}

/** What an environment of this kind has of an app. */
export function fitPlan(plan: Extract<AppPlan, { ok: true }>, kind: EnvironmentKind): FittedPlan {
  const { previews = defaultPreviews, release = null } = plan;
  if (!isShortLived(kind)) return { kind, services: plan.services, release, previews };
  const asThere = kind === "dev" ? asDev : asPreview;
  const chosen = plan.services.filter(({ spec }) => previews.services?.includes(spec.name) ?? true);
  const services = chosen.map((service) => ({ ...service, spec: asThere(service.spec, previews) }));
  return { kind, services, release, previews };
}

/** Says how a preview differs from what berth.yaml has of its services, and of a new one how long it stays. */
export function tellPreview(
  { timeline }: Pick<OperationContext, "timeline">,
  { kind, services, previews }: FittedPlan,
  isNew: boolean,
): void {
  if (!isShortLived(kind)) return;
  const sleeping = services.filter(({ spec }) => spec.listens && spec.scale.min === 0).map(({ spec }) => spec.name);
  const following = services.filter(({ spec }) => spec.scale.whileAwake).map(({ spec }) => spec.name);
  const parts = [
    ...(sleeping.length > 0 ? [`${sleeping.join(", ")} ${sleeping.length > 1 ? "sleep" : "sleeps"} when idle`] : []),
    ...(following.length > 0 && sleeping.length > 0
      ? [`${following.join(", ")} ${following.length > 1 ? "run" : "runs"} while that is awake`]
      : []),
  ];
  if (parts.length > 0)
    timeline.line("release", `a ${kind === "dev" ? "dev environment" : "preview"}: ${parts.join("; ")}`);
  if (isNew && previews.ttlMs !== null)
    timeline.line("release", `it is removed once nobody has used it for ${spanText(previews.ttlMs)}`);
}
