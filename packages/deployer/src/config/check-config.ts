import {
  allPreviews,
  BerthError,
  chooseValues,
  type ConfigSources,
  findMissing,
  isShortLived,
  patternedValues,
  type ReleasedService,
  type RuleProblem,
  variablesOf,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { neighboursOf } from "../generation.ts";
import { type ConfigPlace, readSources } from "./choose-config.ts";
import { findPatterns } from "./find-patterns.ts";
import { openConfig } from "./open-config.ts";

type CheckDeps = Pick<DeployerDeps, "store" | "vault">;
export type CheckedService = Pick<ReleasedService, "spec" | "declared">;

/** Stands for what will be drawn: nothing is said of how that looks. */
const toBeDrawn = "drawn";

/**
 * Checks, before anything is built, that services would find the variables that berth.yaml asks for. Throws `config.missing` that names all
 * that are missing or do not look as they should, and `config.invalid` for one that refers to what is not there.
 */
export async function requireConfig(
  deps: CheckDeps,
  place: ConfigPlace,
  services: readonly CheckedService[],
  held: ConfigSources["held"],
): Promise<void> {
  const problems = await findProblems(deps, place, services, await readSources(deps, place, held));
  if (problems.length > 0) throw configMissing(place, problems, held);
}

/** What would be wrong with the variables of services with these values; `known` are texts of values that are not stored yet. */
export async function findProblems(
  deps: CheckDeps,
  place: ConfigPlace,
  services: readonly CheckedService[],
  sources: ConfigSources,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<RuleProblem[]> {
  const specs = services.map(({ spec }) => spec);
  const chosen = chooseValues(specs, place, sources);
  const opened = await openConfig(deps, place.app, chosen.config, known);
  const neighbours = Object.fromEntries(neighboursOf(specs).map((name) => [name, `http://${name}`]));
  const sets = services.map((service) => {
    const { name: app } = service.spec;
    const drawn = chosen.toDraw.filter(({ service: of }) => of === null || of === app);
    const own = { ...Object.fromEntries(drawn.map(({ key }) => [key, toBeDrawn])), ...opened[app] };
    return { service, own };
  });
  // What refers to one that is missing cannot be read: what is missing is told first.
  const missing = sets.flatMap(({ service: { spec }, own }) =>
    findMissing({ service: spec.name, rules: spec.rules }, new Set([...Object.keys(spec.env), ...Object.keys(own)])),
  );
  if (missing.length > 0) return missing;
  const patterned = sets.flatMap(({ service, own }) => {
    const { name: app, rules } = service.spec;
    const where = { app: place.app, environment: place.name, cluster: null, neighbours, config: { [app]: own } };
    return patternedValues({ service: app, rules }, variablesOf(service, where));
  });
  const isFound = await findPatterns(patterned.map(({ pattern, value }) => ({ pattern, text: value })));
  return patterned.flatMap(({ service, key, rule }, index): RuleProblem[] =>
    isFound[index] ? [] : [{ service, key, rule, what: "mismatch" }],
  );
}

/** The error that stops a deploy, or a change: what is missing where, why it is wanted, and what to run. */
export function configMissing(
  { name, kind }: ConfigPlace,
  problems: readonly RuleProblem[],
  held: ConfigSources["held"] = {},
): BerthError {
  const first = problems[0]!;
  const keys = [...new Set(problems.map(({ key }) => key))];
  const words = keys.map((key) => `${key}=…`).join(" ");
  const where = isShortLived(kind) ? `--scope ${allPreviews}` : `--env ${name}`;
  const own = isShortLived(kind) ? `, or --env ${name} for this one alone` : "";
  const isHeld = problems.some(({ service, key }) => Object.hasOwn(held[service] ?? {}, key));
  const why = isHeld ? "A rollback brought that back, whatever was stored since; setting it anew decides. " : "";
  const texts = Map.groupBy(problems, (problem) => `${problemText(problem, name)}${placeText(problem)}`);
  return new BerthError("config.missing", problemText(first, name), {
    path: first.rule.at ?? first.key,
    hint: `${why}Run: berth config set ${words} ${where}${own}.`,
    details:
      texts.size === 1 ? [] : [...texts].map(([text, of]) => `${of.map(({ service }) => service).join(", ")}: ${text}`),
  });
}

/** The same of a change that is not made for that reason. */
export function changeRefused(place: ConfigPlace, problems: readonly RuleProblem[]): BerthError {
  const keys = [...new Set(problems.map(({ key }) => key))].join(", ");
  const { message, path } = configMissing(place, problems);
  const { rule, what } = problems[0]!;
  return new BerthError(
    "config.missing",
    what === "missing" ? `What is live in ${place.name} needs ${keys}, which would not be set any more.` : message,
    {
      path,
      hint:
        what === "missing"
          ? `Nothing was changed. Set another value, or take \`required\` out of berth.yaml first.`
          : `Nothing was changed. Give it a value in which ${rule.pattern} is found.`,
    },
  );
}

function problemText({ key, rule, what }: RuleProblem, environment: string): string {
  const about = rule.description === undefined ? "" : ` (${rule.description})`;
  if (what === "missing") return `${key}${about} is not set for ${environment}.`;
  return `${key}${about} has a value for ${environment} that does not match ${rule.pattern}.`;
}

function placeText({ rule }: RuleProblem): string {
  return rule.at === undefined ? "" : ` See berth.yaml, ${rule.at}.`;
}
