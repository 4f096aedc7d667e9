import type { Digest } from "@berth/core";
import { openKeptMap } from "./kept-map.ts";

export interface Lineage {
  /** The app layer that a service was last built with: the next one is likely to have most in common with it. */
  last(service: string): Promise<Digest | null>;
  set(service: string, layer: Digest): Promise<void>;
  /** Those of all services. */
  all(): Promise<Digest[]>;
}

/** Remembers the last app layer of each service. To lose it costs one slower build. */
export function makeLineage(file: string): Lineage {
  const { load, set } = openKeptMap<Digest>(file);
  return {
    last: async (service) => (await load()).get(service) ?? null,
    set,
    all: async () => [...(await load()).values()],
  };
}
