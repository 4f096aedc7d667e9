import { type BuildPlan, type BuildStep, commandText, type PlannedService, shortImage } from "@berth/core";
import { count } from "../../framework/output.ts";
import { facts, hanging } from "./layout.ts";
import type { PlanView } from "./plan.ts";

/** Each step with its command, when it runs, and what it sees. */
export function stepsText({ plan, buildEnv, buildSecrets }: PlannedService, view: PlanView): string {
  const { style } = view;
  if (plan.dockerfile !== null) return facts([["build", [`${plan.dockerfile} makes the image, in Docker`]]], view);
  if (plan.steps.length === 0) {
    return facts([["build", ["nothing to run: the files go into the image as they are"]]], view);
  }
  const given = [
    ...Object.entries(buildEnv).map(([name, value]) => `${name}=${value}`),
    ...buildSecrets.map((name) => `the secret ${name}`),
  ];
  const head = [`${count(plan.steps.length, "step")} with ${toolsText(plan)}`];
  if (given.length > 0) head.push(`given ${given.join(", ")}`);
  const steps = plan.steps.flatMap((step, index) => [
    ...hanging(`    ${index + 1}  `, commandText(step.command), view),
    ...hanging("       ", stepText(step), view).map(style.dim),
  ]);
  return [facts([["build", head]], view), ...steps].join("\n");
}

function toolsText({ tools, buildImage, toolImages = {} }: BuildPlan): string {
  const names = Object.entries(tools).map(([name, version]) => `${name} ${version}`);
  const own = names.length === 0 ? "what the machine has" : names.join(", ");
  if (buildImage === null) return own;
  const others = Object.entries(toolImages).map(([tool, { image }]) => `, with ${tool} of ${shortImage(image)}`);
  return `${own} (in Docker: ${shortImage(buildImage.image)}${others.join("")})`;
}

function stepText({ name, layer, inputs, env, caches, network }: BuildStep): string {
  const sees = inputs === "all" ? "the source" : inputs.join(" or ");
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return [
    layer === "dependencies" ? `${name}, only where ${sees} changed` : `${name}, on every change`,
    network ? "network" : "no network",
    ...(caches.length === 0 ? [] : [`cache ${caches.join(", ")}`]),
    ...variables,
  ].join(" · ");
}
