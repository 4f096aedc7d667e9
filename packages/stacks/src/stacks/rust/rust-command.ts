import type { Command, TreeView } from "@berth/core";
import { programCommand } from "../../program-command.ts";
import type { RustProgram } from "./programs.ts";

/** Rocket listens where its own variable says. */
export function startProgram(program: RustProgram | undefined): Command {
  if (program === undefined) return { argv: [] };
  return { argv: [...(program.usesRocket ? ["env", "ROCKET_PORT=$PORT"] : []), program.name] };
}

/** A command line for a program of Rust; `cargo run --bin x` is the program itself, for there is no Cargo where it runs. */
export function rustCommand(text: string, programs: readonly RustProgram[], tree: TreeView): Command {
  const names = programs.map(({ name }) => name);
  const main = programs.find(({ isMain }) => isMain) ?? (programs.length === 1 ? programs[0] : undefined);
  const command = programCommand(text, names, tree, ([cargo, run, ...rest]) => {
    if (cargo !== "cargo" || run !== "run") return null;
    const at = rest.findIndex((word) => /^(--bin|-p|--package)$/.test(word));
    const named = at === -1 ? main?.name : rest[at + 1];
    const end = rest.indexOf("--");
    return named === undefined || !names.includes(named) ? null : [named, ...(end === -1 ? [] : rest.slice(end + 1))];
  });
  if ("shell" in command) return command;
  const program = programs.find(({ name }) => name === command.argv[0]);
  if (program === undefined) return command;
  const start = startProgram(program);
  return "argv" in start ? { argv: [...start.argv, ...command.argv.slice(1)] } : command;
}
