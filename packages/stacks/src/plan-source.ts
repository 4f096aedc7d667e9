import type { BuildPlan, Command, PlanResult, ServiceYaml, TreeView } from "@berth/core";
import { chooseStack } from "./choose-stack.ts";
import { parseProcfile } from "./procfile.ts";
import { stacks } from "./registry.ts";
import type { Hints, Workspace } from "./stack.ts";
import { inFolder } from "./in-folder.ts";

/** A service whose source is to be planned. */
export interface ServiceToPlan {
  name: string;
  yaml: ServiceYaml;
  /** All services of the same source, this one among them. */
  siblings: readonly (readonly [name: string, yaml: ServiceYaml])[];
  /** Whether a Dockerfile can be built here. */
  dockerfiles: boolean;
  /** The workspace that the source is a member of, if it is. */
  workspace: Workspace | null;
}

/** With whether the plan is for the workspace's tree instead of the source's own, and how its stack reads a command line. */
export type SourcePlanResult = PlanResult & { isMember?: boolean; commandOf?: (line: string) => Command };

/** Whether detection wants the text of a file. */
export function readsOfSource(path: string): boolean {
  return path === "Procfile" || stacks.some((stack) => stack.reads(path));
}

/** Plans one service's source: a stack that fits or that berth.yaml names, with a Procfile's command instead of the stack's. */
export function planSource(
  tree: TreeView,
  { name, yaml, siblings, dockerfiles, workspace }: ServiceToPlan,
): SourcePlanResult {
  const text = tree.read("Procfile");
  const procfile = text === undefined ? null : parseProcfile(text);
  if (procfile !== null && !procfile.ok) return procfile;
  const processes = procfile?.processes ?? new Map<string, string>();
  const lineOf = (service: string) => processes.get(service) ?? processes.get("web");
  const hints: Hints = {
    service: name,
    services: siblings.map(([name, { command }]) => ({ name, command: command ?? lineOf(name) ?? null })),
    commandFrom: yaml.command !== undefined ? "berth.yaml" : lineOf(name) !== undefined ? "Procfile" : null,
    build: yaml.build?.command ?? null,
    buildEnv: yaml.build?.env ?? {},
    output: yaml.output ?? null,
    version: yaml.version ?? null,
    dockerfile: yaml.dockerfile ?? null,
    workspace: null,
  };
  const chosen = chooseStack(tree, hints, yaml.stack ?? null, dockerfiles);
  if (!chosen.ok) return chosen;
  const { stack } = chosen;
  const member = stack.plansMembers === true ? workspace : null;
  const planned = stack.plan(tree, { ...hints, workspace: member });
  if (!planned.ok) return planned;
  const commandOf = (line: string) => {
    const command = stack.command(line, tree);
    return member === null ? command : inFolder(command, member.folder);
  };
  const commands: Record<string, Command> = { ...planned.processes };
  for (const [type, line] of processes) commands[type] = commandOf(line);
  const own = yaml.command ?? lineOf(name);
  if (yaml.command !== undefined) commands[name] = commandOf(yaml.command);
  else if (own !== undefined) commands[name] ??= commandOf(own);
  const web = processes.get("web");
  const plan: BuildPlan = {
    ...planned.plan,
    findings: [...chosen.findings, ...planned.plan.findings],
    buildImage: planned.plan.steps.length === 0 ? null : planned.plan.buildImage,
    // The plan is the same for all process types, so that they share one image.
    command: web === undefined ? planned.plan.command : commandOf(web),
  };
  return { ok: true, plan, processes: commands, isMember: member !== null, commandOf };
}
