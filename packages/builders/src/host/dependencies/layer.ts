import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildFailure, BuildRequest, BuildSink, TreeEntry } from "@berth/core";
import { appFolder } from "@berth/images";
import type { Layer } from "@berth/images";
import type { HostBuilderDeps } from "../deps.ts";
import { inputsOf } from "../inputs.ts";
import { dependencyKey } from "../keys.ts";
import type { makeShared } from "../shared.ts";
import { runSteps } from "../steps.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { withWorkFolder } from "../work/work-folder.ts";
import { writeSource } from "../work/write-source.ts";
import type { DependencyCache } from "./cache.ts";

export type DependencyResult = { ok: true; layer: Layer; reused: boolean } | { ok: false; failure: BuildFailure };

export interface DependencyDeps extends HostBuilderDeps {
  cache: DependencyCache;
  shared: ReturnType<typeof makeShared<DependencyResult>>;
}

/** What package managers note down about an installation and no app reads: times and paths, which differ from one to the next. */
const notes = [
  "node_modules/.modules.yaml",
  "node_modules/.pnpm-workspace-state-v1.json",
  "node_modules/.pnpm-workspace-state.json",
  "node_modules/.cache",
];

/** The dependency layer of a plan: from the table, or made by its steps. Null where the plan has none. */
export async function ensureDependencies(
  request: BuildRequest,
  entries: readonly TreeEntry[],
  toolbox: Toolbox,
  deps: DependencyDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<DependencyResult | null> {
  const steps = request.plan.steps.filter((step) => step.layer === "dependencies");
  if (steps.length === 0) return null;
  const inputs = inputsOf(steps, entries);
  const key = dependencyKey(request.plan, inputs, request.env, deps.platform, toolbox.versions);
  const found = await deps.cache.find(key);
  if (found !== null) {
    sink.start("dependencies", "Dependencies are unchanged");
    sink.end("dependencies", 0);
    return { ok: true, layer: found.layer, reused: true };
  }
  return deps.shared(key, sink, signal, (sink, signal) =>
    withWorkFolder(`dependencies-${key}`, deps, async (place): Promise<DependencyResult> => {
      await writeSource(request.source, inputs, place.folder, signal);
      const failure = await runSteps({ steps, place, toolbox, env: request.env }, deps, sink, signal);
      if (failure !== null) return { ok: false, failure };
      signal.throwIfAborted();
      const layer = await packDependencies(request, inputs, place.folder, deps);
      await deps.images.settle(layer.digest);
      await deps.cache.put(key, { layer, tools: toolbox.versions });
      return { ok: true, layer, reused: false };
    }),
  );
}

/** The folders that the plan names; where it names none (they are used for building and not shipped), all that the steps made. */
async function packDependencies(
  request: BuildRequest,
  inputs: readonly TreeEntry[],
  folder: string,
  deps: HostBuilderDeps,
): Promise<Layer> {
  const named = request.plan.contents.dependencies;
  const exclude = notes.map((path) => `${appFolder}/${path}`);
  if (named.length > 0) {
    const sources = [];
    for (const path of named) {
      const host = join(folder, path);
      if (await exists(host)) sources.push({ host, path: `${appFolder}/${path}` });
    }
    return deps.images.folderLayer({ root: folder, sources, exclude });
  }
  const given = inputs.map((entry) => `${appFolder}/${entry.path}`);
  return deps.images.folderLayer({
    root: folder,
    sources: [{ host: folder, path: appFolder }],
    exclude: [...exclude, ...given],
  });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
