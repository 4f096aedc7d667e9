import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";

export interface Lineage {
  /** The app layer that a service was last built with: the next one is likely to have most in common with it. */
  last(service: string): Promise<Digest | null>;
  set(service: string, layer: Digest): Promise<void>;
}

/** Remembers the last app layer of each service in one small file. To lose it costs one slower build. */
export function makeLineage(file: string): Lineage {
  let loaded: Promise<Map<string, Digest>> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const load = () => (loaded ??= read(file));

  return {
    last: async (service) => (await load()).get(service) ?? null,
    async set(service, layer) {
      const known = await load();
      if (known.get(service) === layer) return;
      known.set(service, layer);
      writing = writing.then(() => write(file, known)).catch(() => {});
      await writing;
    },
  };
}

async function read(file: string): Promise<Map<string, Digest>> {
  try {
    const known: Record<string, Digest> = JSON.parse(await readFile(file, "utf8"));
    return new Map(Object.entries(known));
  } catch (error) {
    if (hasCode(error, "ENOENT") || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

async function write(file: string, known: ReadonlyMap<string, Digest>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, JSON.stringify(Object.fromEntries(known)));
  await rename(`${file}.draft`, file);
}
