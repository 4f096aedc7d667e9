import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "@berth/core";

/** When things of the engine were used last (ms since the epoch), by their names. */
export interface LastUses {
  load(): Promise<Map<string, number>>;
  /** Writes down what was loaded, as it is now. */
  save(): Promise<void>;
}

/** Kept in one small file. */
export function openLastUses(file: string): LastUses {
  let loaded: Promise<Map<string, number>> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const load = () => (loaded ??= read(file));
  return {
    load,
    save: () => (writing = writing.then(async () => write(file, await load()))),
  };
}

async function read(file: string): Promise<Map<string, number>> {
  try {
    const known: Record<string, number> = JSON.parse(await readFile(file, "utf8"));
    return new Map(Object.entries(known));
  } catch (error) {
    if (hasCode(error, "ENOENT") || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

async function write(file: string, used: ReadonlyMap<string, number>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, JSON.stringify(Object.fromEntries(used)));
  await rename(`${file}.draft`, file);
}
