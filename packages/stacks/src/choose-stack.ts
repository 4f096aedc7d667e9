import { didYouMean, type Finding, type PlanProblem, type TreeView } from "@berth/core";
import { nothingFound } from "./nothing-found.ts";
import { stacks } from "./registry.ts";
import { refuse, type Hints, type Stack } from "./stack.ts";

type Chosen = { ok: true; stack: Stack; findings: Finding[] } | { ok: false; problem: PlanProblem };

const dockerfile = "dockerfile";

/** The stack that berth.yaml names, else the first that fits, else one that what berth.yaml says is enough for. A Dockerfile comes first where it can be built and nothing says another way. */
export function chooseStack(tree: TreeView, hints: Hints, named: string | null, dockerfiles: boolean): Chosen {
  if (named !== null || hints.dockerfile !== null) return chooseNamed(hints, named ?? dockerfile, dockerfiles);
  const detected = stacks.filter((stack) => stack.detect(tree) !== null);
  const unused = detected.some(({ name }) => name === dockerfile) ? whyUnused(hints, dockerfiles) : null;
  const findings = unused === null ? [] : [{ what: unused, from: "Dockerfile" }];
  const fitting = detected.find(({ name }) => name !== dockerfile || unused === null);
  if (fitting !== undefined) return { ok: true, stack: fitting, findings };
  if (detected.length > 0 && !dockerfiles) return noDocker("Dockerfile", "stack: plain");
  const fallback = hints.commandFrom !== null ? "plain" : hints.output === null ? null : "static";
  const stack = stacks.find(({ name }) => name === fallback);
  return stack === undefined ? { ok: false, problem: nothingFound(tree, hints) } : { ok: true, stack, findings };
}

function chooseNamed(hints: Hints, name: string, dockerfiles: boolean): Chosen {
  const names = stacks.map((each) => each.name);
  const stack = stacks.find((each) => each.name === name);
  if (stack === undefined) {
    const meant = didYouMean(name, names);
    const hint = meant === null ? `Use one of ${names.join(", ")}, or leave it out.` : `Did you mean ${meant}?`;
    return refuse(`services.${hints.service}.stack: there is no stack ${name}.`, "berth.yaml", hint);
  }
  if (name === dockerfile && !dockerfiles) return noDocker(hints.dockerfile ?? "Dockerfile", "another `stack:`");
  if (name !== dockerfile && hints.dockerfile !== null) {
    return refuse(
      `services.${hints.service}: \`dockerfile:\` and \`stack: ${name}\` exclude each other.`,
      "berth.yaml",
      "Leave one of them out.",
    );
  }
  return { ok: true, stack, findings: [] };
}

/** Why the Dockerfile in the root is left alone; null where it is the way to build. */
function whyUnused({ build, output, version }: Hints, dockerfiles: boolean): string | null {
  if (!dockerfiles) return "not used, for Berth works without Docker here";
  const said = build !== null ? "build" : output !== null ? "output" : version !== null ? "version" : null;
  return said === null ? null : `not used, for berth.yaml says \`${said}:\``;
}

function noDocker(path: string, otherwise: string): { ok: false; problem: PlanProblem } {
  return refuse(
    `${path} cannot be built: Berth works without Docker here.`,
    path,
    `Start the server with BERTH_RUNTIME=docker, or say in berth.yaml how to go without it: ${otherwise}.`,
  );
}
