import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";

/** As much of a script's first line as the system reads. */
const firstLineBytes = 256;

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

/** Why a script's first line names no program: the system itself only says that the script is not there. Null where it is not that. */
export function missingInterpreter(file: string): string | null {
  const head = Buffer.alloc(firstLineBytes);
  try {
    const descriptor = openSync(file, "r");
    try {
      readSync(descriptor, head);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
  const [, program, rest = ""] = /^#! *([^\s\0]+)([^\n\0]*)/.exec(head.toString("latin1")) ?? [];
  if (program === undefined) return null;
  const name = basename(file);
  if (rest.endsWith("\r")) return `${name} has the line ends of Windows, which make its first line no program's name`;
  return isExecutable(program) ? null : `${name} is to be run by ${program}, which is not there`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
