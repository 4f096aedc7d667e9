import {
  type Artifact,
  BerthError,
  type BuildRequest,
  type DeployRequest,
  type PlannedService,
  production,
  type ReleasedService,
  type Scope,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { describePlan } from "./describe-plan.ts";
import type { OperationContext } from "./operations.ts";
import { errorOfOperation } from "./rollout.ts";
import { makeRolloutProgress } from "./rollout-progress.ts";

/**
 * The way of a push, under the environment's lock: check, detect, build what is new, write the release, roll it out.
 * Whatever throws before the release is written leaves everything as it was; from then on the environment's loop decides.
 */
export async function deploy(context: OperationContext, request: DeployRequest): Promise<void> {
  const { deps, environments, operation, timeline, actor, stopping } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  stopping.throwIfAborted();
  await request.check();
  const planned = await detect(context, request);
  const services = await buildAll(context, request, planned);
  const kind = request.environment === production ? "production" : "preview";
  const branch = request.ref?.branch ?? null;
  const environment = await deps.store.environments.ensure(
    { app: scope.app, name: scope.environment, kind, branch },
    actor,
  );
  const { release } = await deps.store.releases.create(
    {
      ...scope,
      kind: "deploy",
      carries: null,
      snapshot: { services },
      origin: request.origin,
      operation: operation.id,
    },
    environment.revision,
    actor,
  );
  timeline.line("release", `v${release.version}`);
  const error = await environments.keeper(scope).follow(release.version, makeRolloutProgress(timeline));
  if (error !== null) throw errorOfOperation(error);
}

async function detect(
  { deps, timeline }: OperationContext,
  request: DeployRequest,
): Promise<readonly PlannedService[]> {
  const end = timeline.start("detect", "");
  const plan = await deps.planApp(request.source);
  if (!plan.ok) {
    const { message, path, hint } = plan.problem;
    throw new BerthError("plan.nothing-found", message, { hint, ...(path !== null && { path }) });
  }
  for (const { spec, plan: found } of plan.services) {
    timeline.line("detect", describePlan(spec, found), spec.name);
  }
  end(plan.services.map(({ spec }) => spec.name).join(", "));
  return plan.services;
}

/** Builds all services side by side. The first that fails ends the others, as `stopping` does, and nothing is left running. */
async function buildAll(
  context: OperationContext,
  request: DeployRequest,
  planned: readonly PlannedService[],
): Promise<ReleasedService[]> {
  const cancel = new AbortController();
  const signal = AbortSignal.any([cancel.signal, context.stopping]);
  const builds = planned.map((service) =>
    build(context, request, service, signal).catch((error: unknown) => {
      cancel.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(builds);
  signal.throwIfAborted();
  return await Promise.all(builds);
}

/** The image of a service: the one that was built of the same source before, or a new one. */
async function build(
  { deps, timeline }: OperationContext,
  request: DeployRequest,
  { spec, plan, source, buildEnv }: PlannedService,
  signal: AbortSignal,
): Promise<ReleasedService> {
  const buildRequest: BuildRequest = {
    app: request.app,
    service: spec.name,
    commit: request.origin.commit,
    plan,
    source,
    env: buildEnv,
    secrets: {},
  };
  const end = timeline.start("image", "", spec.name);
  const known = await findArtifact(deps, deps.builder.key(buildRequest));
  if (known !== null) {
    end(`${shortDigest(known)} was built before`);
    return { spec, image: known.digest };
  }
  const result = await deps.builder.build(buildRequest, timeline.buildSink(spec.name), signal);
  if (!result.ok) {
    const { step, message, hint, lines } = result.failure;
    throw new BerthError("build.failed", `${spec.name}: ${message}.`, {
      path: step,
      details: lines,
      ...(hint !== null && { hint }),
    });
  }
  await deps.store.artifacts.put(result.artifact);
  end(`${shortDigest(result.artifact)} ${result.summary}`);
  return { spec, image: result.artifact.digest };
}

async function findArtifact(deps: DeployerDeps, key: string): Promise<Artifact | null> {
  const artifact = await deps.store.artifacts.findByKey(key);
  return artifact !== null && (await deps.images.has(artifact.digest)) ? artifact : null;
}

function shortDigest({ digest }: Artifact): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}
