import type { BuildFailure, BuildRequest, BuildSink, TreeEntry } from "@berth/core";
import type { Layer } from "@berth/images";
import type { BuilderDeps } from "../deps.ts";
import type { Executor, Workshop } from "../executor.ts";
import { makeFolderSpec } from "../folder-spec.ts";
import { inputsOf } from "../inputs.ts";
import { dependencyKey, placeName } from "../keys.ts";
import { makeAbi } from "../native/abi.ts";
import { foldersOfBuild } from "../folders-of-build.ts";
import { inspectPacked } from "../packed.ts";
import { runSteps } from "../run-steps.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { makeShared } from "../shared.ts";
import type { DependencyCache } from "./cache.ts";

export type DependencyResult =
  | {
      ok: true;
      layer: Layer;
      /** What its compiled parts are tied to. */
      abi: Record<string, string>;
      reused: boolean;
    }
  | { ok: false; failure: BuildFailure };

export interface DependencyDeps extends BuilderDeps {
  executor: Executor;
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
  workshop: Workshop,
  secrets: Secrets,
  deps: DependencyDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<DependencyResult | null> {
  const { plan } = request;
  const steps = plan.steps.filter((step) => step.layer === "dependencies");
  if (steps.length === 0) return null;
  const inputs = inputsOf(steps, entries);
  const key = dependencyKey(request, inputs, workshop.tools, deps.executor);
  const found = await deps.cache.find(key);
  if (found !== null) {
    sink.start("dependencies", "unchanged");
    sink.end("dependencies", 0);
    return { ok: true, layer: found.layer, abi: found.abi, reused: true };
  }
  const env = { ...request.env, ...request.secrets };
  const service = `${request.app}/${request.service}`;
  const spec = {
    name: placeName(plan, "dependencies"),
    app: request.app,
    service,
    steps,
    programs: plan.programs,
    entries: inputs,
    dependencies: null,
    env,
  };
  // Not the values of secrets: what is made with them is shared by the names.
  return deps.shared(key, sink, signal, (sink, signal) =>
    workshop.within(spec, sink, signal, async (place): Promise<DependencyResult> => {
      await place.write(request.source, inputs);
      const failure = await runSteps(place, { steps, secrets, where: workshop.where }, sink, deps.clock);
      if (failure !== null) return { ok: false, failure };
      signal.throwIfAborted();
      const packingAt = deps.clock.now();
      sink.start("dependencies", "Packing them");
      // All that the steps made: the folders that the plan names, and what a later step may need beside them, such as a lockfile that was not there.
      const collected = await place.collect(["."]);
      const inspected = await inspectPacked(collected.folder, ["."], secrets, signal, foldersOfBuild(plan));
      if (!inspected.ok) return inspected;
      const exclude = [...notes, ...inputs.map((entry) => entry.path)];
      const layer = await deps.images.folderLayer(makeFolderSpec(collected, ["."], exclude));
      await deps.images.settle(layer.digest);
      sink.end("dependencies", deps.clock.now() - packingAt);
      const abi = makeAbi(inspected.native, workshop.abi);
      await deps.cache.put(key, { layer, tools: { ...workshop.tools }, abi });
      return { ok: true, layer, abi, reused: false };
    }),
  );
}
