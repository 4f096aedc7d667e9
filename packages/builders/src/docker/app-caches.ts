import { refusalOf } from "@berth/docker";
import { appLabel, buildLabel } from "./deps.ts";
import type { DockerBuilderDeps } from "./deps.ts";
import { openKeptMap } from "../build/kept-map.ts";
import { toolsVolume } from "./volumes.ts";

/** The volumes that the engine keeps for the builds of each app. */
export interface AppCaches {
  /** Notes that a build of the app uses its own now. */
  use(app: string): Promise<void>;
  /** Removes those of an app. */
  forget(app: string): Promise<void>;
  /** Removes those of apps that built nothing since `before` (ms since the epoch), and what is left of apps that are gone. */
  prune(before: number): Promise<void>;
}

/** The times of last use are kept in a file; to lose it costs the caches that it told of. */
export function makeAppCaches(
  { engine, installation, clock, log }: Pick<DockerBuilderDeps, "engine" | "installation" | "clock" | "log">,
  file: string,
): AppCaches {
  const { load, save } = openKeptMap<number>(file);

  /** What a build still uses, or an engine that is away, is left for the next `prune`. */
  async function remove(isUnwanted: (app: string | null) => boolean): Promise<void> {
    await removeThose(isUnwanted).catch((error: unknown) => {
      log.warn({ err: error }, "caches of builds could not be removed and are left for later");
    });
  }

  /** Volumes of no app are those of earlier versions, whose apps shared them. */
  async function removeThose(isUnwanted: (app: string | null) => boolean): Promise<void> {
    const filters = { label: [`${buildLabel}=${installation}`] };
    const { name: tools } = toolsVolume(installation, "use");
    const { Volumes } = await engine.ask((docker) => docker.listVolumes({ filters }));
    for (const { Name, Labels } of Volumes) {
      if (Name === tools || !isUnwanted(Labels?.[appLabel] ?? null)) continue;
      try {
        await engine.ask((docker) => docker.getVolume(Name).remove());
      } catch (error) {
        // Gone already, or a build uses it: then it is tried again another time.
        if (refusalOf(error) === null) throw error;
      }
    }
  }

  return {
    async use(app) {
      (await load()).set(app, clock.now());
      await save();
    },
    async forget(app) {
      (await load()).delete(app);
      await save();
      await remove((one) => one === app);
    },
    async prune(before) {
      const used = await load();
      await remove((app) => app === null || (used.get(app) ?? 0) < before);
      for (const [app, usedAt] of used) if (usedAt < before) used.delete(app);
      await save();
    },
  };
}
