import { BerthError, type BerthErrorOptions } from "../errors.ts";

export type KeyPath = readonly (string | number)[];

export interface Position {
  line: number;
  column: number;
}

/** One thing that is wrong in berth.yaml. */
export interface Problem {
  /** The key it concerns; empty: the whole file. */
  path: KeyPath;
  /** What was expected there. */
  message: string;
  position: Position | null;
}

/** A path as a person would write it: `services.web.routes[0]`, `env["A B"]`. */
export function pathText(path: KeyPath): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

/** So many are told: whoever corrects them sees the rest with the next push. */
const maxDetails = 20;

/** What is wrong in berth.yaml, as an error. */
export class ConfigInvalid extends BerthError {
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(problems: ConfigInvalid["problems"], message: string, more: BerthErrorOptions) {
    super("config.invalid", message, more);
    this.problems = problems;
  }
}

/** As they stand in the file; what stands nowhere comes first. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  const offsetOf = ({ position }: Problem) => (position === null ? 0 : position.line * 1e6 + position.column);
  return problems.toSorted((a, b) => offsetOf(a) - offsetOf(b));
}

/** The error that tells of these problems (at least one): the first as its message; where there are more, the first ones with their lines as details. */
export function configInvalid(found: ConfigInvalid["problems"]): ConfigInvalid {
  const [first = found[0], ...rest] = inFileOrder(found);
  const problems = [first, ...rest] as const;
  const where = first.position === null ? "berth.yaml" : `${positionText(first.position)} of berth.yaml`;
  const isOnly = problems.length === 1;
  const others = isOnly ? "" : `, and ${problems.length - 1} more`;
  const told = problems
    .slice(0, maxDetails)
    .map((problem) =>
      problem.position === null ? problemText(problem) : `${positionText(problem.position)}: ${problemText(problem)}`,
    );
  const untold = problems.length - told.length;
  return new ConfigInvalid(problems, problemText(first), {
    path: first.path.length === 0 ? "berth.yaml" : pathText(first.path),
    hint: `Correct ${where}${others}.`,
    details: isOnly ? [] : untold === 0 ? told : [...told, `and ${untold} more`],
  });
}

/** `services.web.scale.max: expected a number`. */
export function problemText({ path, message }: Pick<Problem, "path" | "message">): string {
  return `${path.length === 0 ? "berth.yaml" : pathText(path)}: ${message}`;
}

/** `line 4, column 7`. */
export function positionText({ line, column }: Position): string {
  return `line ${line}, column ${column}`;
}
