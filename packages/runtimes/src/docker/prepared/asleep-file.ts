import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What may be started without the server: containers that are there. Nothing secret. */
export interface Asleep {
  installation: string;
  /** By workload: the engine's id of the container that was made for it. */
  containers: Readonly<Record<string, string>>;
}

const pathIn = (home: string) => join(home, "docker", "asleep.json");

/** Null where nothing was prepared, or nobody has written what. */
export function readAsleep(home: string): Asleep | null {
  try {
    return JSON.parse(readFileSync(pathIn(home), "utf8")) as Asleep;
  } catch {
    return null;
  }
}

export function writeAsleep(home: string, asleep: Asleep): void {
  const path = pathIn(home);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, JSON.stringify(asleep), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeAsleep(home: string): void {
  rmSync(pathIn(home), { force: true });
}
