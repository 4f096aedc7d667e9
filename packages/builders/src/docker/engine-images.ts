import type { Clock } from "@berth/core";
import { loadImage, refusalOf } from "@berth/docker";
import type { Engine, EngineImage, LoadableImage } from "@berth/docker";
import { openKeptMap } from "../build/kept-map.ts";

/** Images that builds stand on, as the engine has them: kept for builds to come, the oldest removed. */
export interface EngineImages {
  /** Gives the engine an image under this name, where it lacks it. */
  ensure(image: LoadableImage, name: string): Promise<EngineImage>;
  /** Removes what was not used since `before` (ms since the epoch). */
  prune(before: number): Promise<void>;
}

/** So many are kept: an image of dependencies for each service that was built last, and those they stand on. */
const mostKept = 24;

/** The times of last use are kept in one small file; to lose it leaves images in the engine that the label still names. */
export function makeEngineImages(engine: Engine, file: string, clock: Pick<Clock, "now">): EngineImages {
  const { load, save } = openKeptMap<number>(file);

  async function forget(names: readonly string[]): Promise<void> {
    const used = await load();
    for (const name of names) {
      try {
        await engine.ask((docker) => docker.getImage(name).remove());
        used.delete(name);
      } catch (error) {
        const status = refusalOf(error)?.status;
        if (status === undefined) throw error;
        // Gone already, or in use by a build: then it is tried again another time.
        if (status === 404) used.delete(name);
      }
    }
    await save();
  }

  return {
    async ensure(image, name) {
      const found = await loadImage(engine, image, name);
      const used = await load();
      used.set(name, clock.now());
      const oldest = [...used].sort(([, a], [, b]) => b - a).slice(mostKept);
      await (oldest.length > 0 ? forget(oldest.map(([name]) => name)) : save());
      return found;
    },
    async prune(before) {
      const old = [...(await load())].filter(([, usedAt]) => usedAt < before);
      if (old.length > 0) await forget(old.map(([name]) => name));
    },
  };
}
