import { chmod, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";

const source = new URL("./proc-receive.js", import.meta.url);
/** The hook's own interpreter line names this; the folder with it comes first in the PATH of every git that Berth spawns. */
const nodeName = "berth-node";

export interface InstalledHook {
  hooksFolder: string;
  binFolder: string;
}

/**
 * Puts the hook that all repositories share into `<folder>/hooks`, and the Node it runs on into `<folder>/bin`.
 * A symbolic link found through PATH, for an interpreter line can hold neither a space nor a long path.
 */
export async function installHook(folder: string, node: string): Promise<InstalledHook> {
  const hooksFolder = join(folder, "hooks");
  const binFolder = join(folder, "bin");
  await mkdir(hooksFolder, { recursive: true });
  await mkdir(binFolder, { recursive: true });
  // Without it Node would ask the package.json files above BERTH_HOME what kind of module the hook is.
  await writeIfOther(join(hooksFolder, "package.json"), '{ "type": "commonjs" }\n', 0o644);
  await writeIfOther(join(hooksFolder, "proc-receive"), await readFile(source, "utf8"), 0o755);
  await linkTo(join(binFolder, nodeName), node);
  return { hooksFolder, binFolder };
}

/** In one step, for a push of the server before may be running the hook. */
async function writeIfOther(path: string, text: string, mode: number): Promise<void> {
  const present = await readFile(path, "utf8").catch(missing);
  if (present === text) return chmod(path, mode);
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

async function linkTo(path: string, target: string): Promise<void> {
  const present = await readlink(path).catch(missing);
  if (present === target) return;
  await rm(`${path}.new`, { force: true });
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path);
}

function missing(error: unknown): null {
  if (hasCode(error, "ENOENT")) return null;
  throw error;
}
