import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loggedInstances } from "./log-reader.ts";

/** Instances that have ended keep their logs, the newest of them, so that waking and sleeping does not fill the disk. */
const endedToKeep = 10;

/** Where logs of a workload are, whatever its app, environment and service. */
export async function findLogFolders(home: string, workload: string): Promise<string[]> {
  let folders = [join(home, "logs")];
  for (let depth = 0; depth < 3; depth++) folders = (await Promise.all(folders.map(listFolders))).flat();
  const ours = await Promise.all(
    folders.map(async (folder) => {
      const path = join(folder, workload);
      return (await stat(path).catch(() => null))?.isDirectory() ? [path] : [];
    }),
  );
  return ours.flat();
}

/** Removes a workload's logs, and the folders above them that are empty then. */
export async function removeLogs(home: string, workload: string): Promise<void> {
  for (const folder of await findLogFolders(home, workload)) {
    await rm(folder, { recursive: true, force: true });
    for (let above = dirname(folder); above !== join(home, "logs"); above = dirname(above)) {
      const removed = await rmdir(above).then(
        () => true,
        () => false,
      );
      if (!removed) break;
    }
  }
}

/** Removes the logs of ended instances of a workload save the newest. */
export async function pruneLogs(folder: string, running: ReadonlySet<string>): Promise<void> {
  const ended = (await loggedInstances(folder)).filter((instance) => !running.has(instance));
  if (ended.length <= endedToKeep) return;
  const dated = await Promise.all(ended.map(async (instance) => ({ instance, at: await lastWrite(folder, instance) })));
  const old = dated.sort((a, b) => b.at - a.at).slice(endedToKeep);
  const files = old.flatMap(({ instance }) => [`${instance}.log`, `${instance}.log.1`]);
  await Promise.all(files.map((file) => rm(join(folder, file), { force: true })));
}

async function lastWrite(folder: string, instance: string): Promise<number> {
  const found = await stat(join(folder, `${instance}.log`)).catch(() => null);
  return found?.mtimeMs ?? 0;
}

async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
