import type { Command } from "@berth/core";

/**
 * The command that a container starts, as berth.yaml has it; null where that has no words for it: a dollar that no kubelet may fill in is
 * a variable there. The other way round is `makeCommand`.
 */
export function commandOf(words: readonly unknown[]): Command | null {
  if (words.length === 0 || !words.every((word): word is string => typeof word === "string")) return null;
  const [program, option, text] = words;
  if (words.length === 3 && program === "sh" && option === "-c" && text !== undefined) {
    // What is filled in before the shell is none of its variables.
    return /\$\(\w+\)/.test(text) ? null : { shell: text.replaceAll("$$", "$") };
  }
  const argv = words.map((word) => word.replaceAll(/\$\(([A-Za-z_]\w*)\)/g, "$${$1}"));
  return argv.some((word) => /\$(?!\{[A-Za-z_]\w*\})/.test(word)) ? null : { argv };
}
