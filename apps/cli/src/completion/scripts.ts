import { readFile } from "node:fs/promises";
import { join } from "node:path";

export const shells = ["bash", "zsh", "fish"] as const;

/** A script for one of these shells that asks `berth __complete` for the words that may come next. */
export async function completionScript(shell: string): Promise<string> {
  return (await readFile(join(import.meta.dirname, `berth.${shell}`), "utf8")).trimEnd();
}
