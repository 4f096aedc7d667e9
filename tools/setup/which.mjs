import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** The first executable of this name on PATH, or undefined. Asks the file system only, for a process costs milliseconds. */
export function find(name, path = process.env.PATH ?? "") {
  for (const folder of path.split(":")) {
    if (!folder) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}
