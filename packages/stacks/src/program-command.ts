import { commandFromText, type Command, type TreeView } from "@berth/core";

/**
 * A command line whose program may be written as it lies elsewhere: `bin/shop`, `./shop` or `/app/shop` mean the program `shop` that the
 * build makes, where the source has no such file. `run` reads what starts it from source (`go run`, `cargo run`): the program's name with
 * what follows, or null.
 */
export function programCommand(
  text: string,
  names: readonly string[],
  tree: TreeView,
  run: (words: readonly string[]) => string[] | null,
): Command {
  const command = commandFromText(text);
  if ("shell" in command) return command;
  const ran = run(command.argv);
  if (ran !== null) return { argv: ran };
  const [first = "", ...rest] = command.argv;
  const path = /^(?:\.?\/?app\/|\.\/)?(.+\/)?([^/]+)$/.exec(first);
  const file = `${path?.[1] ?? ""}${path?.[2] ?? ""}`;
  if (path === null || !first.includes("/") || !names.includes(path[2]!) || tree.has(file)) return command;
  return { argv: [path[2]!, ...rest] };
}
