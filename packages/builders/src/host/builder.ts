import { join } from "node:path";
import type { Artifact, Builder, BuildFailure, BuildRequest, BuildResult, BuildSink, Digest } from "@berth/core";
import type { Layer } from "@berth/images";
import { buildApp, packSource } from "./app-layer.ts";
import { makeDependencyCache } from "./dependencies/cache.ts";
import { ensureDependencies } from "./dependencies/layer.ts";
import type { DependencyResult } from "./dependencies/layer.ts";
import { hostBuilderVersion, nodeAnnotation } from "./deps.ts";
import type { HostBuilderDeps } from "./deps.ts";
import { buildKey } from "./keys.ts";
import { makeLineage } from "./lineage.ts";
import { makeShared } from "./shared.ts";
import { makeSupportLayers } from "./support-layer.ts";
import { ensureTools, knownVersions } from "./tools/toolbox.ts";
import type { Toolbox } from "./tools/toolbox.ts";

export interface HostBuilder extends Builder {
  /** Dependency layers that builds to come may use: collecting images has to spare them. */
  cachedLayers(): Promise<Digest[]>;
  /** Forgets dependency layers that were not used since `before` (ms since the epoch). */
  pruneCache(before: number): Promise<void>;
}

/** Builds with the tools of this machine: steps are processes in a private folder, the outcome is an image in the layout store. */
export function makeHostBuilder(deps: HostBuilderDeps): HostBuilder {
  const { images, clock, platform } = deps;
  const cache = makeDependencyCache(join(deps.home, "cache", "dependencies"), images, () => clock.now());
  const lineage = makeLineage(join(deps.home, "cache", "lineage.json"));
  const supportLayer = makeSupportLayers(deps);
  const dependencyDeps = { ...deps, cache, shared: makeShared<DependencyResult>() };
  const shared = makeShared<BuildResult>();
  const keyOf = (request: BuildRequest) => buildKey(request, platform, knownVersions(request.plan, deps));

  async function build(request: BuildRequest, sink: BuildSink, signal: AbortSignal): Promise<BuildResult> {
    const startedAt = clock.now();
    const entries = request.source.list();
    // It is awaited below, and must not count as unhandled if the tools fail first.
    entries.catch(() => {});
    const tools = await ensureTools(request.plan, deps, sink, signal);
    if (!tools.ok) return failed(tools.failure);
    const { toolbox } = tools;
    const key = keyOf(request);
    const dependencies = await ensureDependencies(request, await entries, toolbox, dependencyDeps, sink, signal);
    if (dependencies?.ok === false) return failed(dependencies.failure);
    const service = `${request.app}/${request.service}`;
    let packingAt = startedAt;
    const beginPacking = () => {
      packingAt = clock.now();
      sink.start("image", "Packing the image");
    };
    const hasSteps = request.plan.steps.some((step) => step.layer === "app");
    const app = hasSteps
      ? await buildApp(
          request,
          await entries,
          dependencies?.layer ?? null,
          key,
          toolbox,
          deps,
          sink,
          signal,
          beginPacking,
        )
      : await packSource(
          request,
          await entries,
          dependencies !== null,
          await lineage.last(service),
          deps,
          signal,
          beginPacking,
        );
    if (!app.ok) return failed(app.failure);
    signal.throwIfAborted();
    const shipped = request.plan.contents.dependencies.length > 0 ? dependencies?.layer : undefined;
    const support = await supportLayer(request.plan.contents.support);
    const layers = [shipped, support, app.layer].filter((layer) => layer != null);
    const image = await assemble(request, layers, toolbox, service);
    sink.end("image", clock.now() - packingAt);
    if (!hasSteps) await lineage.set(service, app.layer.digest);
    const artifact = makeArtifact(request, key, image, toolbox, startedAt);
    return { ok: true, artifact, summary: summarise(dependencies, app.summary, image.sizeBytes) };
  }

  function assemble(request: BuildRequest, layers: readonly Layer[], toolbox: Toolbox, service: string) {
    const { plan } = request;
    const node: Record<string, string> =
      plan.tools["node"] === undefined ? {} : { [nodeAnnotation]: toolbox.versions["node"] ?? "" };
    const spec = {
      layers,
      platform,
      on: null,
      base: plan.base,
      command: plan.command,
      env: plan.env,
      programs: plan.programs,
      writable: plan.writable,
      annotations: { "dev.berth.stack": plan.stack, ...node },
    };
    return images.assemble(spec, service);
  }

  function makeArtifact(
    request: BuildRequest,
    key: string,
    image: { digest: Digest; sizeBytes: number },
    toolbox: Toolbox,
    startedAt: number,
  ): Artifact {
    const { app, service, commit, plan } = request;
    const builder = { name: "host", version: hostBuilderVersion };
    const finishedAt = clock.now();
    const tools = toolbox.versions;
    return {
      ...image,
      key,
      createdAt: finishedAt,
      provenance: {
        app,
        service,
        commit,
        tree: request.source.id,
        plan,
        builder,
        platform,
        abi: {},
        buildEnv: request.env,
        buildSecrets: Object.keys(request.secrets).sort(),
        tools,
        startedAt,
        finishedAt,
      },
    };
  }

  return {
    name: "host",
    key: keyOf,
    async build(request, sink, signal) {
      images.warm();
      const done = images.begin();
      try {
        const result = await shared(keyOf(request), sink, signal, (sink, signal) => build(request, sink, signal));
        return result.ok ? { ...result, artifact: asBuiltFor(request, result.artifact) } : result;
      } finally {
        done();
      }
    },
    cachedLayers: () => cache.layers(),
    pruneCache: (before) => cache.prune(before),
  };
}

/** The artifact with the names of whoever asked: the same content may be built for several at once. */
function asBuiltFor({ app, service, commit }: BuildRequest, artifact: Artifact): Artifact {
  return { ...artifact, provenance: { ...artifact.provenance, app, service, commit } };
}

function failed(failure: BuildFailure): BuildResult {
  return { ok: false, failure };
}

function summarise(dependencies: DependencyResult | null, app: string, sizeBytes: number): string {
  const parts = [
    dependencies?.ok === true ? `dependencies ${dependencies.reused ? "reused" : "installed"}` : null,
    app,
    `image ${sizeText(sizeBytes)}`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
