import type { V1Container } from "@kubernetes/client-node";
import type { Command } from "@berth/core";

const variable = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/**
 * What a container starts. Variables stay references for the kubelet to fill in, so that the value of none is in a pod
 * template; those of the image alone, which the kubelet does not know, are filled in here. `set` are the names of those
 * that the container is given.
 */
export function makeCommand(
  command: Command,
  set: ReadonlySet<string>,
  imageEnv: Readonly<Record<string, string>>,
): Pick<V1Container, "command"> {
  if ("shell" in command) return { command: ["sh", "-c", literal(command.shell)] };
  // The image's own.
  if (command.argv.length === 0) return {};
  return { command: command.argv.map((word) => makeWord(word, set, imageEnv)) };
}

function makeWord(word: string, set: ReadonlySet<string>, imageEnv: Readonly<Record<string, string>>): string {
  let made = "";
  let end = 0;
  for (const match of word.matchAll(variable)) {
    const name = (match[1] ?? match[2])!;
    made += literal(word.slice(end, match.index));
    made += set.has(name) ? `$(${name})` : literal(imageEnv[name] ?? "");
    end = match.index + match[0].length;
  }
  return made + literal(word.slice(end));
}

/** Text that the kubelet leaves as it is: to it `$(NAME)` is a variable, and `$$` a dollar. */
export function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}
