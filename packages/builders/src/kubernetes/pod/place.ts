import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { makeArgv } from "@berth/core";
import type { BuildSink, Clock } from "@berth/core";
import { appFolder } from "@berth/images";
import type { Images } from "@berth/images";
import { cacheEnvAt, cacheFoldersOf } from "../../build/caches.ts";
import type { CacheFolders } from "../../build/caches.ts";
import type { Place, PlaceSpec } from "../../build/executor.ts";
import { plainEnv } from "../../build/plain-env.ts";
import type { ContainerTools } from "../../build/tools/image-tools.ts";
import { bringFolderCaches, dropFolderCaches, keepFolderCaches } from "../../host/folder-caches.ts";
import { writeSource } from "../../host/write-source.ts";
import { cacheFolders, layout, stepCaches } from "./layout.ts";
import type { RunProgram } from "./run-program.ts";

export interface PlaceDeps {
  images: Pick<Images, "extract" | "removeFolder">;
  run: RunProgram;
  tools: ContainerTools;
  /** The environment of the image that steps run in, and its PATH. */
  imageEnv: Readonly<Record<string, string>>;
  imagePath: string;
  /** What every step sees besides. */
  stepEnv: Readonly<Record<string, string>>;
  clock: Clock;
}

/** Makes the app's folder ready for a group of steps: what another has left in it is gone. */
export async function openPlace(
  spec: PlaceSpec,
  deps: PlaceDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<Place> {
  const { images, clock } = deps;
  const { app } = layout.berth;
  for (const name of await readdir(app)) await images.removeFolder(join(app, name));
  if (spec.dependencies !== null) {
    const startedAt = clock.now();
    sink.start("dependencies", "Laying them under the build");
    await images.extract(spec.dependencies.digest, appFolder, app);
    sink.end("dependencies", clock.now() - startedAt);
  }
  return makePlace(spec, deps, signal);
}

function makePlace(spec: PlaceSpec, deps: PlaceDeps, signal: AbortSignal): Place {
  const { images, tools, imageEnv } = deps;
  const { app } = layout.berth;
  const caches = cachesOf(spec.service);
  const path = [
    ...spec.programs.map((folder) => `${layout.steps.app}/${folder}`),
    ...tools.folders,
    deps.imagePath,
  ].join(":");
  return {
    write: (source, entries) => writeSource(source, entries, app, signal),
    async run(step, line, mask) {
      for (const folder of cacheFoldersOf(step.caches, caches.here)) await mkdir(folder, { recursive: true });
      const env = {
        ...imageEnv,
        ...plainEnv,
        ...deps.stepEnv,
        HOME: layout.steps.home,
        ...tools.env,
        ...cacheEnvAt(step.caches, caches.there, layout.steps.home),
        ...step.env,
        ...spec.env,
        PATH: path,
      };
      await bringFolderCaches(step, app, caches.here.service);
      try {
        const argv = makeArgv(step.command, env);
        const program = { argv, env, cwd: layout.steps.app, timeoutMs: step.timeoutMs, mask };
        const result = await deps.run(program, line, signal);
        if (!result.timedOut) await keepFolderCaches(step, app, caches.here.service, images);
        return result;
      } finally {
        await dropFolderCaches(step, app, images);
      }
    },
    collect: async () => ({ folder: app, seenAs: layout.steps.app, removed: null }),
  };
}

/** The caches of a service, as Berth's container has them and as the steps' has. */
function cachesOf(service: string): { here: CacheFolders; there: CacheFolders } {
  const id = createHash("sha256").update(service).digest("hex").slice(0, 20);
  const folders = (shared: string, ofServices: string) => ({ shared, service: join(ofServices, id) });
  const top = join(layout.berth.cache, cacheFolders.packages);
  return {
    here: folders(join(top, "shared"), join(top, "service")),
    there: folders(stepCaches.shared, stepCaches.service),
  };
}
