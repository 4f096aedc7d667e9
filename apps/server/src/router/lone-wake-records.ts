import { type FSWatcher, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, type Log, type Wake } from "@berth/core";

const folderOf = (home: string) => join(home, "router", "wakes");
const ending = ".json";

/** Keeps a wake that was made without the server until a server takes it. One that was kept under this name already stays: several may see the same start. */
export function keepLoneWake(home: string, name: string, wake: Wake): void {
  const folder = folderOf(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written = join(folder, `${name}.${process.pid}`);
  try {
    writeFileSync(written, JSON.stringify(wake), { mode: 0o600 });
    linkSync(written, join(folder, `${name}${ending}`));
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(written, { force: true });
  }
}

export interface LoneWakeTakerDeps {
  /** BERTH_HOME, an absolute path. */
  home: string;
  /** Keeps it for good. Adding the same again changes nothing. */
  add(wake: Wake): Promise<void>;
  log: Log;
}

/** Takes what is kept there, now and as it comes: a wake may have begun before this server. Resolves once what is there now is taken. */
export async function takeLoneWakes({ home, add, log }: LoneWakeTakerDeps): Promise<{ close(): Promise<void> }> {
  const folder = folderOf(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let taking = Promise.resolve();
  const take = () => {
    taking = taking.then(takeAll).catch((error: unknown) => {
      log.error({ err: error, folder }, "wakes that were made without the server could not be taken");
    });
    return taking;
  };

  async function takeAll(): Promise<void> {
    for (const name of readdirSync(folder).filter((file) => file.endsWith(ending))) {
      const file = join(folder, name);
      const wake = readWake(file);
      if (wake === null) log.error({ file }, "a wake that was made without the server cannot be read");
      else await add(wake);
      rmSync(file, { force: true });
    }
  }

  const tellWatching = (error: unknown) =>
    log.error({ err: error, folder }, "wakes made without the server are taken only when it starts");
  const watcher = tryWatching(folder, () => void take(), tellWatching);
  await take();
  return {
    async close() {
      watcher?.close();
      await taking;
    },
  };
}

/** Null where the machine has no more watches to give. */
function tryWatching(folder: string, look: () => void, tell: (error: unknown) => void): FSWatcher | null {
  try {
    return watch(folder, look).on("error", tell);
  } catch (error) {
    tell(error);
    return null;
  }
}

function readWake(file: string): Wake | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Wake;
  } catch {
    return null;
  }
}
