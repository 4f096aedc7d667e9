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
  ".yarn/install-state.gz",
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
    sink.start("dependencies", "unchanged");
    sink.end("dependencies", 0);
    return { ok: true, layer: found.layer, reused: true };
  }
  return deps.shared(key, sink, signal, (sink, signal) =>
    withWorkFolder(`dependencies-${key}`, deps, async (place): Promise<DependencyResult> => {
      await writeSource(request.source, inputs, place.folder, signal);
      const failure = await runSteps({ steps, place, toolbox, env: request.env }, deps, sink, signal);
      if (failure !== null) return { ok: false, failure };
      signal.throwIfAborted();
      const packingAt = deps.clock.now();
      sink.start("dependencies", "Packing them");
      const layer = await packDependencies(inputs, place.folder, deps);
      await deps.images.settle(layer.digest);
      sink.end("dependencies", deps.clock.now() - packingAt);
      await deps.cache.put(key, { layer, tools: toolbox.versions });
      return { ok: true, layer, reused: false };
    }),
  );
}

/** All that the steps made: the folders that the plan names, and what a later step may need beside them, such as a lockfile that was not there. */
function packDependencies(inputs: readonly TreeEntry[], folder: string, deps: HostBuilderDeps): Promise<Layer> {
  const exclude = [...notes, ...inputs.map((entry) => entry.path)].map((path) => `${appFolder}/${path}`);
  return deps.images.folderLayer({ root: folder, sources: [{ host: folder, path: appFolder }], exclude });
}
