import type { BuildFailure, BuildPlan, BuildRequest, BuildSink, Platform, TreeEntry } from "@berth/core";
import { buildApp, packSource } from "./app-layer.ts";
import type { AppLayerResult } from "./app-layer.ts";
import type { DependencyCache } from "./dependencies/cache.ts";
import { ensureDependencies } from "./dependencies/layer.ts";
import type { DependencyResult } from "./dependencies/layer.ts";
import type { BuilderDeps } from "./deps.ts";
import type { Executor } from "./executor.ts";
import type { Lineage } from "./lineage.ts";
import { makeSecrets } from "./secrets/secrets.ts";
import { makeShared } from "./shared.ts";

/** What the steps of a plan have made, and with what. */
export interface Parts<App = MadeApp> {
  tools: Readonly<Record<string, string>>;
  platform: Platform;
  /** Null where the plan has no steps for them. */
  dependencies: Extract<DependencyResult, { ok: true }> | null;
  app: App;
}

export type MadeApp = Extract<AppLayerResult, { ok: true }>;

export type PartsResult<App = MadeApp> = { ok: true; parts: Parts<App> } | { ok: false; failure: BuildFailure };

/** Makes the layers of a plan that are its own. `beginPacking` is told when the last of them is begun. */
export type MakeParts<App = MadeApp> = (
  request: BuildRequest,
  entries: Promise<readonly TreeEntry[]>,
  sink: BuildSink,
  signal: AbortSignal,
  beginPacking: () => void,
) => Promise<PartsResult<App>>;

/** What builds before have left for this one. */
export interface Earlier {
  cache: DependencyCache;
  lineage: Lineage;
}

/** Has the steps of plans run by an executor, and packs what they make; without such steps, what of the source belongs to the app. */
export function makePartsWith(executor: Executor, deps: BuilderDeps, earlier: Earlier): MakeParts {
  const make = makeStepParts(executor, deps, earlier);
  return async (request, entries, sink, signal, beginPacking) => {
    const made = await make(request, entries, sink, signal, beginPacking);
    if (!made.ok || made.parts.app !== null) return made as PartsResult;
    const hasDependencies = made.parts.dependencies !== null;
    const packing = { request, entries: await entries, hasDependencies, signal, beginPacking };
    const app = await packAppSource(packing, deps, earlier);
    return app.ok ? { ok: true, parts: { ...made.parts, app } } : app;
  };
}

/** Has the steps of plans run by an executor, and packs what they make; the app layer is null where no step makes it. */
export function makeStepParts(
  executor: Executor,
  deps: BuilderDeps,
  { cache, lineage }: Earlier,
): MakeParts<MadeApp | null> {
  const dependencyDeps = { ...deps, executor, cache, shared: makeShared<DependencyResult>() };
  return async (request, entries, sink, signal, beginPacking) => {
    const secrets = makeSecrets(request.secrets);
    const prepared = await executor.prepare(request, sink, signal);
    if (!prepared.ok) return prepared;
    const { workshop } = prepared;
    const { tools, platform } = workshop;
    const list = await entries;
    const dependencies = await ensureDependencies(request, list, workshop, secrets, dependencyDeps, sink, signal);
    if (dependencies?.ok === false) return dependencies;
    const parts = { tools, platform, dependencies };
    if (!hasAppSteps(request.plan)) return { ok: true, parts: { ...parts, app: null } };
    const layer = dependencies?.layer ?? null;
    const previous = await lineage.last(serviceOf(request));
    const app = await buildApp(request, list, layer, previous, workshop, secrets, deps, sink, signal, beginPacking);
    return app.ok ? { ok: true, parts: { ...parts, app } } : app;
  };
}

/** Whether steps make the app layer. */
export function hasAppSteps({ steps }: Pick<BuildPlan, "steps">): boolean {
  return steps.some((step) => step.layer === "app");
}

export interface Packing {
  request: BuildRequest;
  entries: readonly TreeEntry[];
  hasDependencies: boolean;
  signal: AbortSignal;
  beginPacking: () => void;
}

/** The app layer of a plan without steps for it. */
export async function packAppSource(
  { request, entries, hasDependencies, signal, beginPacking }: Packing,
  deps: BuilderDeps,
  { lineage }: Earlier,
): Promise<AppLayerResult> {
  const previous = await lineage.last(serviceOf(request));
  return packSource(request, entries, hasDependencies, previous, deps, signal, beginPacking);
}

function serviceOf({ app, service }: BuildRequest): string {
  return `${app}/${service}`;
}
