import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";

/** The file that a command's first word names, looked up in PATH as execvp does; null where there is none that can be executed. */
export function findExecutable(word: string, path: string, cwd: string): string | null {
  if (word === "") return null;
  if (word.includes("/")) {
    const file = isAbsolute(word) ? word : resolve(cwd, word);
    return isExecutable(file) ? file : null;
  }
  for (const folder of path.split(":")) {
    const file = join(folder === "" ? cwd : resolve(cwd, folder), word);
    if (isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
