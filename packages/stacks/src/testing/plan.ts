import { commandText, type AppPlan, type PlannedService, type PlanProblem } from "@berth/core";
import { makePlanApp } from "../plan-app.ts";
import { memoryTree, type MemoryFile } from "./memory-tree.ts";

const planApp = makePlanApp({ dockerfiles: true });

/** A package.json with these members. */
export function packageJson(members: object): string {
  return JSON.stringify({ name: "app", ...members });
}

/** The services planned for these files; throws where there is a problem. */
export async function servicesOf(files: Readonly<Record<string, MemoryFile>>): Promise<readonly PlannedService[]> {
  const result = await planApp(memoryTree(files));
  if (!result.ok) throw new Error(`${result.problem.message} ${result.problem.hint}`);
  return result.services;
}

/** The only service planned for these files. */
export async function planOf(files: Readonly<Record<string, MemoryFile>>): Promise<PlannedService> {
  const [service, ...others] = await servicesOf(files);
  if (service === undefined || others.length > 0) throw new Error("expected one service");
  return service;
}

export async function problemOf(files: Readonly<Record<string, MemoryFile>>): Promise<PlanProblem> {
  const result: AppPlan = await planApp(memoryTree(files));
  if (result.ok) throw new Error("expected a problem");
  return result.problem;
}

/** Steps as `layer: command`. */
export function stepsOf({ plan }: PlannedService): string[] {
  return plan.steps.map(({ layer, command }) => `${layer}: ${commandText(command)}`);
}

export function commandOf({ spec }: PlannedService): string {
  return commandText(spec.command);
}

/** What was found, each as `what (from)`. */
export function foundIn({ plan }: PlannedService): string[] {
  return plan.findings.map(({ what, from }) => `${what} (${from})`);
}
