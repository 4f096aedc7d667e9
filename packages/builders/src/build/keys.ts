import { createHash } from "node:crypto";
import { canonicalJson } from "@berth/core";
import type { BuildPlan, BuildRequest, TreeEntry } from "@berth/core";
import type { ImageExecutor } from "./executor.ts";

function hash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function builderPart(executor: ImageExecutor, { app, plan }: BuildRequest) {
  const { name, version, platform, cachesOf } = executor;
  // What comes out of an app's caches is as trustworthy as the app, and nothing for another.
  const of = cachesOf === "app" ? { app } : {};
  return { builder: [name, version], platform, conditions: executor.conditions(plan), ...of };
}

/**
 * The key of a whole build: what it is made from and what it is made with. What detection found along the way is told, and makes
 * no difference; nor do the values of secrets, whose names do.
 */
export function buildKey(request: BuildRequest, executor: ImageExecutor): string {
  return hash({
    ...builderPart(executor, request),
    tree: request.source.id,
    plan: { ...request.plan, findings: [] },
    env: request.env,
    secrets: Object.keys(request.secrets).sort(),
  });
}

/** The key of a dependency layer: the content of what its steps see, the steps, what they run with, and the base that the layer is to lie on. */
export function dependencyKey(
  request: BuildRequest,
  inputs: readonly TreeEntry[],
  tools: Readonly<Record<string, string>>,
  executor: ImageExecutor,
): string {
  const { plan, env, secrets } = request;
  const steps = plan.steps
    .filter((step) => step.layer === "dependencies")
    .map(({ command, env, inputs, network }) => ({ command, env, inputs, network }));
  return hash({
    ...builderPart(executor, request),
    inputs: inputs.map(({ path, mode, oid }) => [path, mode, oid]),
    steps,
    base: plan.base,
    buildImage: executor.usesBuildImage ? plan.buildImage : null,
    programs: plan.programs,
    env,
    secrets: Object.keys(secrets).sort(),
    tools,
  });
}

/** The name of the place of a build: the same for each build of a plan, so that what remembers paths, such as a compiler's cache, stays good. */
export function placeName(plan: BuildPlan, layer: string): string {
  return hash({ layer, plan: { ...plan, findings: [] } }).slice(0, 20);
}
