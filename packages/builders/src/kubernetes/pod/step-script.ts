import { controlPath } from "./loop.ts";

export interface StepProgram {
  argv: readonly string[];
  /** The whole environment, but for what a shell sets itself. */
  env: Readonly<Record<string, string>>;
  cwd: string;
}

/** Is made where the program of a step is not there. */
export const missingMark = "missing";

const nameOfVariable = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A file for the shell of the steps' container that runs one program. Values are in the file and in no list of processes. */
export function makeStepScript({ argv, env, cwd }: StepProgram): string {
  const variables = Object.entries(env);
  const plain = variables.filter(([name]) => nameOfVariable.test(name));
  const odd = variables.filter(([name]) => !nameOfVariable.test(name));
  const words = argv.map(quote).join(" ");
  // A shell knows no such names; `env` does.
  const prefix = odd.length === 0 ? "" : `env ${odd.map(([name, value]) => quote(`${name}=${value}`)).join(" ")} `;
  return [
    `cd ${quote(cwd)} || exit 1`,
    ...plain.map(([name, value]) => `export ${name}=${quote(value)}`),
    `command -v ${quote(argv[0] ?? "")} >/dev/null 2>&1 || { : >${controlPath}/${missingMark}; exit 127; }`,
    `exec ${prefix}${words}`,
    "",
  ].join("\n");
}

/** One word for a shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
