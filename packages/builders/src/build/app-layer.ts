import type { BuildFailure, BuildRequest, BuildSink, Digest, TreeEntry } from "@berth/core";
import { appFolder } from "@berth/images";
import type { Layer } from "@berth/images";
import type { BuilderDeps } from "./deps.ts";
import type { Workshop } from "./executor.ts";
import { makeFolderSpec } from "./folder-spec.ts";
import { foldersOfBuild } from "./folders-of-build.ts";
import { inputsOf, isBelowAny } from "./inputs.ts";
import { placeName } from "./keys.ts";
import { makeAbi } from "./native/abi.ts";
import { inspectPacked } from "./packed.ts";
import { runSteps } from "./run-steps.ts";
import type { Secrets } from "./secrets/secrets.ts";

export type AppLayerResult =
  | {
      ok: true;
      layer: Layer;
      /** What its compiled parts are tied to. */
      abi: Record<string, string>;
      summary: string;
    }
  | { ok: false; failure: BuildFailure };

/** What of the source belongs to the app layer: what the plan says, without what the dependency layer brings. */
function sourceFiles(
  request: BuildRequest,
  entries: readonly TreeEntry[],
  hasDependencies: boolean,
): readonly TreeEntry[] {
  const { app, dependencies } = request.plan.contents;
  return entries.filter(
    ({ path }) => (app === "all" || isBelowAny(path, app)) && !(hasDependencies && isBelowAny(path, dependencies)),
  );
}

/** The app layer straight from git's objects: no work folder, and of the last build's layer all that has not changed. */
export async function packSource(
  request: BuildRequest,
  entries: readonly TreeEntry[],
  hasDependencies: boolean,
  previous: Digest | null,
  deps: BuilderDeps,
  signal: AbortSignal,
  beginPacking: () => void,
): Promise<AppLayerResult> {
  beginPacking();
  const files = sourceFiles(request, entries, hasDependencies);
  if (files.length === 0) return { ok: false, failure: nothingToShip(request) };
  const { writable } = request.plan;
  const spec = { source: request.source, entries: files, prefix: appFolder, previous, writable, signal };
  const { layer, changed } = await deps.images.treeLayer(spec);
  return { ok: true, layer, abi: {}, summary: `${count(changed)} of ${count(files.length)} files changed` };
}

/** The app layer of a plan with steps of its own: they run in a private copy of source and dependencies, and what the plan says becomes the layer. */
export async function buildApp(
  request: BuildRequest,
  entries: readonly TreeEntry[],
  dependencies: Layer | null,
  previous: Digest | null,
  workshop: Workshop,
  secrets: Secrets,
  deps: BuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
  beginPacking: () => void,
): Promise<AppLayerResult> {
  const { plan, env } = request;
  const { contents } = plan;
  const steps = plan.steps.filter((step) => step.layer === "app");
  const { app } = request;
  const service = `${app}/${request.service}`;
  const seen = inputsOf(steps, entries);
  const written = dependencies === null ? seen : seen.filter(({ path }) => !isBelowAny(path, contents.dependencies));
  const spec = { name: placeName(plan, "app"), app, service, steps, programs: plan.programs, dependencies, env };
  return workshop.within(
    { ...spec, entries: written, env: { ...env, ...request.secrets } },
    sink,
    signal,
    async (place) => {
      await place.write(request.source, written);
      const failure = await runSteps(place, { steps, secrets, where: workshop.where }, sink, deps.clock);
      if (failure !== null) return { ok: false, failure };
      signal.throwIfAborted();
      beginPacking();
      const paths = contents.app === "all" ? ["."] : contents.app.map(plainPath);
      const collected = await place.collect(paths);
      const inspected = await inspectPacked(collected.folder, paths, secrets, signal, foldersOfBuild(plan));
      if (!inspected.ok) return inspected;
      const isOnDependencies = contents.app === "all" && contents.dependencies.length > 0;
      const baseline = isOnDependencies && dependencies !== null ? dependencies.digest : undefined;
      const removed = baseline === undefined ? null : collected.removed;
      const folderSpec = makeFolderSpec(collected, paths, ["node_modules/.cache"]);
      const gone = removed === null ? {} : { removed: removed.map((path) => `${appFolder}/${path}`) };
      const layerSpec = { ...folderSpec, ...gone, writable: plan.writable };
      const layer = await deps.images.folderLayer(layerSpec, baseline, previous);
      if (layer.files === 0) return { ok: false, failure: nothingToShip(request) };
      const abi = makeAbi(inspected.native, workshop.abi);
      return { ok: true, layer, abi, summary: `${count(layer.files)} file${layer.files === 1 ? "" : "s"} built` };
    },
  );
}

function plainPath(path: string): string {
  return path.replace(/^\.\//, "").replace(/\/+$/, "") || ".";
}

function nothingToShip(request: BuildRequest): BuildFailure {
  const { app } = request.plan.contents;
  const what = app === "all" ? "any file" : app.join(", ");
  return {
    step: "image",
    message: `The build has not made ${what}`,
    hint: "Look whether the build writes to another folder, and name it in berth.yaml: `output:`.",
    exitCode: null,
    lines: [],
  };
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
