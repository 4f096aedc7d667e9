import { join } from "node:path";
import type { BuildFailure, BuildRequest, BuildSink, Digest, TreeEntry } from "@berth/core";
import { appFolder } from "@berth/images";
import type { Layer } from "@berth/images";
import type { HostBuilderDeps } from "./deps.ts";
import { inputsOf, isBelowAny } from "./inputs.ts";
import { runSteps } from "./steps.ts";
import type { Toolbox } from "./tools/toolbox.ts";
import { withWorkFolder } from "./work/work-folder.ts";
import { writeSource } from "./work/write-source.ts";

export type AppLayerResult = { ok: true; layer: Layer; summary: string } | { ok: false; failure: BuildFailure };

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
  deps: HostBuilderDeps,
  signal: AbortSignal,
  beginPacking: () => void,
): Promise<AppLayerResult> {
  beginPacking();
  const files = sourceFiles(request, entries, hasDependencies);
  if (files.length === 0) return { ok: false, failure: nothingToShip(request) };
  const spec = { source: request.source, entries: files, prefix: appFolder, previous, signal };
  const { layer, changed } = await deps.images.treeLayer(spec);
  return { ok: true, layer, summary: `${count(changed)} of ${count(files.length)} files changed` };
}

/** The app layer of a plan with steps of its own: they run in a private copy of source and dependencies, and what the plan says becomes the layer. */
export async function buildApp(
  request: BuildRequest,
  entries: readonly TreeEntry[],
  dependencies: Layer | null,
  key: string,
  toolbox: Toolbox,
  deps: HostBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
  beginPacking: () => void,
): Promise<AppLayerResult> {
  const steps = request.plan.steps.filter((step) => step.layer === "app");
  return withWorkFolder(key, deps, async (place): Promise<AppLayerResult> => {
    // Private files, not links to shared ones: a build step may change what lies there in place.
    if (dependencies !== null) {
      const copyingAt = deps.clock.now();
      sink.start("dependencies", "Copying them for the build");
      await deps.images.extract(dependencies.digest, appFolder, place.folder);
      sink.end("dependencies", deps.clock.now() - copyingAt);
    }
    const { contents } = request.plan;
    const seen = inputsOf(steps, entries);
    const written = dependencies === null ? seen : seen.filter(({ path }) => !isBelowAny(path, contents.dependencies));
    await writeSource(request.source, written, place.folder, signal);
    const failure = await runSteps({ steps, place, toolbox, env: request.env }, deps, sink, signal);
    if (failure !== null) return { ok: false, failure };
    signal.throwIfAborted();
    beginPacking();
    const paths = contents.app === "all" ? ["."] : contents.app;
    const sources = paths.map((path) => {
      const plain = path.replace(/\/+$/, "");
      return plain === "."
        ? { host: place.folder, path: appFolder }
        : { host: join(place.folder, plain), path: `${appFolder}/${plain}` };
    });
    const exclude = [`${appFolder}/node_modules/.cache`];
    const baseline = contents.app === "all" && contents.dependencies.length > 0 ? dependencies?.digest : undefined;
    const layer = await deps.images.folderLayer({ root: place.folder, sources, exclude }, baseline);
    if (layer.files === 0) return { ok: false, failure: nothingToShip(request) };
    return { ok: true, layer, summary: `${count(layer.files)} files built` };
  });
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
