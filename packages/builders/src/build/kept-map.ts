import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "@berth/core";

/** A map in one small file. To lose it costs time and nothing else. */
export interface KeptMap<T> {
  load(): Promise<Map<string, T>>;
  set(key: string, value: T): Promise<void>;
  /** Writes down what was loaded, as it is now. */
  save(): Promise<void>;
}

export function openKeptMap<T>(file: string): KeptMap<T> {
  let loaded: Promise<Map<string, T>> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const load = () => (loaded ??= read<T>(file));
  const save = () => (writing = writing.catch(() => {}).then(async () => write(file, await load())));
  return {
    load,
    async set(key, value) {
      const known = await load();
      if (known.get(key) === value) return;
      known.set(key, value);
      await save().catch(() => {});
    },
    save,
  };
}

async function read<T>(file: string): Promise<Map<string, T>> {
  try {
    const known: Record<string, T> = JSON.parse(await readFile(file, "utf8"));
    return new Map(Object.entries(known));
  } catch (error) {
    if (hasCode(error, "ENOENT") || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

async function write<T>(file: string, known: ReadonlyMap<string, T>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, JSON.stringify(Object.fromEntries(known)));
  await rename(`${file}.draft`, file);
}
