import { posix } from "node:path";
import type { Command, TreeView } from "@berth/core";
import { programCommand } from "../../program-command.ts";
import type { GoProgram } from "./programs.ts";

/** A command line for a program of Go; `go run ./cmd/server` is the program itself, for there is no Go where it runs. */
export function goCommand(text: string, programs: readonly GoProgram[], tree: TreeView): Command {
  const names = programs.map(({ name }) => name);
  return programCommand(text, names, tree, ([go, run, ...rest]) => {
    if (go !== "go" || run !== "run") return null;
    const isFile = (word: string) => word.endsWith(".go");
    const target = rest[0] ?? ".";
    const folder = posix.normalize(isFile(target) ? posix.dirname(target) : target);
    const program = programs.find(({ packages }) => {
      const [first = "."] = packages;
      return posix.normalize(isFile(first) ? posix.dirname(first) : first) === folder;
    });
    if (program === undefined) return null;
    const after = rest.findIndex((word, index) => index > 0 && !isFile(word));
    return [program.name, ...(after === -1 ? [] : rest.slice(after))];
  });
}
