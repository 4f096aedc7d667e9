import type { BuildFailure, BuildRequest, BuildSink, Platform, TreeEntry } from "@berth/core";
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
export interface Parts {
  tools: Readonly<Record<string, string>>;
  platform: Platform;
  /** Null where the plan has no steps for them. */
  dependencies: Extract<DependencyResult, { ok: true }> | null;
  app: Extract<AppLayerResult, { ok: true }>;
}

export type PartsResult = { ok: true; parts: Parts } | { ok: false; failure: BuildFailure };

/** Makes the layers of a plan that are its own. `beginPacking` is told when the last of them is begun. */
export type MakeParts = (
  request: BuildRequest,
  entries: Promise<readonly TreeEntry[]>,
  sink: BuildSink,
  signal: AbortSignal,
  beginPacking: () => void,
) => Promise<PartsResult>;

/** What builds before have left for this one. */
export interface Earlier {
  cache: DependencyCache;
  lineage: Lineage;
}

/** Has the steps of plans run by an executor, and packs what they make. */
export function makePartsWith(executor: Executor, deps: BuilderDeps, { cache, lineage }: Earlier): MakeParts {
  const dependencyDeps = { ...deps, executor, cache, shared: makeShared<DependencyResult>() };
  return async (request, entries, sink, signal, beginPacking) => {
    const { plan } = request;
    const secrets = makeSecrets(request.secrets);
    const prepared = await executor.prepare(request, sink, signal);
    if (!prepared.ok) return prepared;
    const { workshop } = prepared;
    const list = await entries;
    const dependencies = await ensureDependencies(request, list, workshop, secrets, dependencyDeps, sink, signal);
    if (dependencies?.ok === false) return dependencies;
    const hasSteps = plan.steps.some((step) => step.layer === "app");
    const layer = dependencies?.layer ?? null;
    const previous = await lineage.last(`${request.app}/${request.service}`);
    const app = hasSteps
      ? await buildApp(request, list, layer, previous, workshop, secrets, deps, sink, signal, beginPacking)
      : await packSource(request, list, layer !== null, previous, deps, signal, beginPacking);
    if (!app.ok) return app;
    return { ok: true, parts: { tools: workshop.tools, platform: workshop.platform, dependencies, app } };
  };
}
