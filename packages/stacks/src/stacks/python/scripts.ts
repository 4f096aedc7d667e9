import { commandFromText, type Command } from "@berth/core";
import type { Pyproject } from "./pyproject.ts";

/** The argv that runs an entry point such as `shop.main:run` as an installed script would: the project itself is not installed, so that a change of code needs no build. */
export function scriptCommand(entry: string, rest: readonly string[]): string[] {
  const [module = "", object = "main"] = entry.replace(/\s*\[.*$/, "").split(":");
  const [first = "main"] = object.split(".");
  return ["python3", "-c", `import sys; from ${module} import ${first}; sys.exit(${object}())`, ...rest];
}

/** A command line in which a program of the project itself is found. */
export function pythonCommand(text: string, pyproject: Pyproject | null): Command {
  const command = commandFromText(text);
  if (!("argv" in command)) return command;
  const [program = "", ...rest] = command.argv;
  // Package managers are there to build, not to run: what they would start is in PATH already.
  const runner = /^(uv|poetry|pipenv|pdm)$/.test(program) && rest[0] === "run" ? rest.slice(1) : null;
  const [name = "", ...args] = runner ?? [program, ...rest];
  if (name.startsWith("-")) return command;
  const entry = pyproject?.scripts.get(name);
  return { argv: entry === undefined ? [name, ...args] : scriptCommand(entry, args) };
}
