import { createHash } from "node:crypto";
import { canonicalJson } from "@berth/core";
import type { BuildPlan, BuildRequest, Platform, TreeEntry } from "@berth/core";
import { hostBuilderVersion } from "./deps.ts";

function hash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** The key of a whole build: what it is made from and what it is made with. What detection found along the way is told, and makes no difference. */
export function buildKey(request: BuildRequest, platform: Platform, tools: Readonly<Record<string, string>>): string {
  const plan = { ...request.plan, findings: [] };
  return hash({
    builder: ["host", hostBuilderVersion],
    tree: request.source.id,
    plan,
    platform,
    env: request.env,
    tools,
  });
}

/** The key of a dependency layer: the content of what its steps see, the steps, and what they run with. */
export function dependencyKey(
  plan: BuildPlan,
  inputs: readonly TreeEntry[],
  env: Readonly<Record<string, string>>,
  platform: Platform,
  tools: Readonly<Record<string, string>>,
): string {
  const steps = plan.steps
    .filter((step) => step.layer === "dependencies")
    .map(({ command, env, inputs, network }) => ({ command, env, inputs, network }));
  return hash({
    builder: ["host", hostBuilderVersion],
    inputs: inputs.map(({ path, mode, oid }) => [path, mode, oid]),
    steps,
    platform,
    env,
    tools,
  });
}
