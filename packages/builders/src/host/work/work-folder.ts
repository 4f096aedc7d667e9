import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostBuilderDeps } from "../deps.ts";
import type { StepPlace } from "../step-env.ts";

/**
 * Gives `use` a private folder to build in and removes it afterwards, whatever happens. Its path follows from the key: what is
 * built may contain it, and should come out the same the next time.
 */
export async function withWorkFolder<T>(
  key: string,
  deps: HostBuilderDeps,
  use: (place: StepPlace) => Promise<T>,
): Promise<T> {
  const top = join(deps.home, "work", key.slice(0, 20));
  // What a crash left there.
  await deps.images.removeFolder(top);
  const place = { folder: join(top, "app"), homeFolder: join(top, "home"), cacheFolder: join(deps.home, "cache") };
  try {
    await mkdir(place.folder, { recursive: true });
    return await use(place);
  } finally {
    await deps.images.removeFolder(top);
  }
}
