import {
  didYouMean,
  type BuildPlan,
  type Command,
  type Finding,
  type PlanProblem,
  type PlanResult,
  type ServiceYaml,
  type SourceTree,
} from "@berth/core";
import { nothingFound } from "./nothing-found.ts";
import { parseProcfile } from "./procfile.ts";
import { stacks } from "./registry.ts";
import { refuse, type Hints, type Stack } from "./stack.ts";
import { readTree } from "./tree-view.ts";

const nothingSaid: ServiceYaml = {};

/** Plans one service's source: a stack that fits or that berth.yaml names, with a Procfile's command instead of the stack's. */
export async function planSource(
  source: SourceTree,
  name: string,
  yaml: ServiceYaml = nothingSaid,
): Promise<PlanResult> {
  const tree = await readTree(source, (path) => path === "Procfile" || stacks.some((stack) => stack.reads(path)));
  const text = tree.read("Procfile");
  const procfile = text === undefined ? null : parseProcfile(text);
  if (procfile !== null && !procfile.ok) return procfile;
  const processes = procfile?.processes ?? new Map<string, string>();
  const own = processes.get(name) ?? processes.get("web");
  const hints: Hints = {
    commandFrom: yaml.command !== undefined ? "berth.yaml" : own !== undefined ? "Procfile" : null,
    build: yaml.build?.command ?? null,
    output: yaml.output ?? null,
    version: yaml.version ?? null,
  };
  const chosen = chooseStack();
  if (!chosen.ok) return chosen;
  const { stack } = chosen;
  const planned = stack.plan(tree, hints);
  if (!planned.ok) return planned;
  const commands: Record<string, Command> = {};
  for (const [type, line] of processes) commands[type] = stack.command(line, tree);
  if (yaml.command !== undefined) commands[name] = stack.command(yaml.command, tree);
  else if (own !== undefined) commands[name] ??= stack.command(own, tree);
  const web = processes.get("web");
  const plan: BuildPlan = {
    ...planned.plan,
    findings: [...planned.plan.findings, ...releaseFindings(procfile?.release ?? null)],
    buildImage: planned.plan.steps.length === 0 ? null : planned.plan.buildImage,
    // The plan is the same for all process types, so that they share one image.
    command: web === undefined ? planned.plan.command : stack.command(web, tree),
  };
  return { ok: true, plan, processes: commands };

  function chooseStack(): { ok: true; stack: Stack } | { ok: false; problem: PlanProblem } {
    if (yaml.stack !== undefined) {
      const names = stacks.map((each) => each.name);
      const named = stacks.find((each) => each.name === yaml.stack);
      const meant = didYouMean(yaml.stack, names);
      const hint = meant === null ? `Use one of ${names.join(", ")}, or leave it out.` : `Did you mean ${meant}?`;
      return named === undefined
        ? refuse(`services.${name}.stack: there is no stack ${yaml.stack}.`, "berth.yaml", hint)
        : { ok: true, stack: named };
    }
    const fallback = hints.commandFrom !== null ? "plain" : hints.output === null ? null : "static";
    const stack = stacks.find((each) => each.detect(tree) !== null) ?? stacks.find((each) => each.name === fallback);
    return stack === undefined ? { ok: false, problem: nothingFound(tree, name) } : { ok: true, stack };
  }
}

function releaseFindings(release: string | null): Finding[] {
  if (release === null) return [];
  return [{ what: "the release command is not run: run it before you push", from: "Procfile" }];
}

/** Names of the services that a Procfile declares, for an app whose berth.yaml names none; null without a Procfile, or where it is wrong. */
export async function procfileServices(source: SourceTree): Promise<string[] | null> {
  const tree = await readTree(source, (path) => path === "Procfile");
  const text = tree.read("Procfile");
  const procfile = text === undefined ? null : parseProcfile(text);
  return procfile?.ok === true ? [...procfile.processes.keys()] : null;
}
