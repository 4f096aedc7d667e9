import type { Finding, PlanProblem } from "@berth/core";
import type { Hints } from "./stack.ts";

/** A program that a source can be built into. */
export interface Program {
  name: string;
  /** What of the source it is made of, such as `cmd/server`. */
  from: string;
  /** Whether it is the project itself rather than one of its parts: what starts where nothing else is said. */
  isMain: boolean;
}

export interface ChosenPrograms {
  /** What is built: for all services of the source the same. */
  built: readonly Program[];
  /** What starts where a service has no command and no program of its name; null where nothing decides, or no service needs it. */
  main: Program | null;
  /** What this service starts; null where berth.yaml or a Procfile says the command. */
  started: Program | null;
  findings: Finding[];
}

export type ProgramsResult = ({ ok: true } & ChosenPrograms) | { ok: false; problem: PlanProblem };

/** Names by which the program that serves is known among several. */
const conventional = ["server", "web", "api", "app", "main", "serve", "httpd"];

/**
 * Decides which of several programs are built and started. A service starts the program of its name, else the project's own, else the
 * only one, else the only one with a usual name (or with one of `likely`). Built is what some service of the source starts; all, where a
 * command names none of them, for it may be a script that starts any.
 */
export function choosePrograms(
  programs: readonly Program[],
  hints: Pick<Hints, "service" | "services" | "commandFrom">,
  likely: readonly string[] = [],
): ProgramsResult {
  const main = findMain(programs, [...conventional, ...likely]);
  const defaultOf = (service: string) => programs.find(({ name }) => sameName(name, service)) ?? main;
  const started = hints.commandFrom === null ? defaultOf(hints.service) : null;
  if (hints.commandFrom === null && started === null) return { ok: false, problem: undecided(programs, hints.service) };
  const wanted = new Set<Program>();
  let isOpen = false;
  for (const { name, command } of hints.services) {
    const named = command === null ? [defaultOf(name)] : programs.filter((program) => names(command, program.name));
    for (const program of named) if (program !== null) wanted.add(program);
    isOpen ||= named.length === 0;
  }
  const built = isOpen ? programs : programs.filter((program) => wanted.has(program));
  const isBuilt = main !== null && built.includes(main);
  return { ok: true, built, main: isBuilt ? main : null, started, findings: tell(programs, built, started) };
}

function findMain(programs: readonly Program[], likely: readonly string[]): Program | null {
  const own = programs.filter(({ isMain }) => isMain);
  if (own.length === 1) return own[0]!;
  if (programs.length === 1) return programs[0]!;
  const usual = programs.filter(({ name }) => likely.some((other) => sameName(name, other)));
  return usual.length === 1 ? usual[0]! : null;
}

/** Whether a program is called so; of `Shop.Api` the last part is enough. */
function sameName(program: string, other: string): boolean {
  const plain = (name: string) => name.toLowerCase().replaceAll("_", "-");
  return [program, program.slice(program.lastIndexOf(".") + 1)].some((name) => plain(name) === plain(other));
}

/** Whether a command line has the name as a word or as the last part of a path. */
function names(command: string, name: string): boolean {
  return command.split(/[\s;&|()"'`]+/).some((word) => word.slice(word.lastIndexOf("/") + 1) === name);
}

function tell(programs: readonly Program[], built: readonly Program[], started: Program | null): Finding[] {
  const findings: Finding[] = [];
  const others = programs.filter((program) => program !== started).map(({ name }) => name);
  if (started !== null) {
    const of = others.length === 0 ? "" : `, out of ${list([started.name, ...others].toSorted())}`;
    findings.push({ what: `starts ${started.name}${of}`, from: started.from });
  }
  const besides = built.filter((program) => program !== started);
  if (besides.length > 0) {
    findings.push({
      what: `builds ${started === null ? "" : "also "}${list(besides.map(({ name }) => name))}`,
      from: list(besides.map(({ from }) => from)),
    });
  }
  return findings;
}

function undecided(programs: readonly Program[], service: string): PlanProblem {
  const all = programs.map(({ name }) => name).toSorted();
  const first = all[0] ?? "…";
  return {
    message: `There are ${programs.length} programs, and nothing says which one to start: ${list(all)}.`,
    path: null,
    hint: `Say it in berth.yaml: \`services: { ${service}: { command: ${first} } }\`, or in a Procfile: \`${service}: ${first}\`.`,
  };
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 9 more`. */
export function list(names: readonly string[]): string {
  const shown = names.length > 8 ? [...names.slice(0, 6), `${names.length - 6} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
