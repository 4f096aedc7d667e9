import { join } from "node:path";
import type { Builder, BuildFailure, BuildRequest, BuildResult, BuildSink, Digest } from "@berth/core";
import { asBuiltFor, failed, makeArtifact, summarise } from "./artifact.ts";
import { makeDependencyCache } from "./dependencies/cache.ts";
import type { BuilderDeps } from "./deps.ts";
import type { Executor, ImageExecutor } from "./executor.ts";
import { makeImageSpec, unfitForBase } from "./image.ts";
import { buildKey } from "./keys.ts";
import { makeLineage } from "./lineage.ts";
import { mergeAbi } from "./native/abi.ts";
import { makePartsWith } from "./parts.ts";
import type { Earlier, MakeParts } from "./parts.ts";
import { makeShared } from "./shared.ts";
import { makeSupportLayers } from "./support-layer.ts";

/** A builder that keeps dependency layers for builds to come. */
export interface CachingBuilder extends Builder {
  /** Dependency layers that builds to come may use: collecting images has to spare them. */
  cachedLayers(): Promise<Digest[]>;
  /** Forgets what is kept for builds to come and was not used since `before` (ms since the epoch). */
  pruneCache(before: number): Promise<void>;
  /** Between whom caches of package managers are shared: see `Executor`. */
  cachesOf: "all" | "app";
}

/** A builder that works as its executor does: layers, caches, keys and records are the same for all. */
export function makeBuilder(executor: Executor, deps: BuilderDeps): CachingBuilder {
  const earlier = openEarlier(deps);
  return makeImageBuilder(executor, makePartsWith(executor, deps, earlier), earlier, deps);
}

/** What builds have left in a home for those to come. */
export function openEarlier({ home, images, clock }: Pick<BuilderDeps, "home" | "images" | "clock">): Earlier {
  const cache = makeDependencyCache(join(home, "cache", "dependencies"), images, () => clock.now());
  return { cache, lineage: makeLineage(join(home, "cache", "lineage.json")) };
}

/** A builder that makes images of parts, wherever these are made. */
export function makeImageBuilder(
  executor: ImageExecutor,
  makeParts: MakeParts,
  { cache, lineage }: Earlier,
  deps: BuilderDeps,
): CachingBuilder {
  const { images, clock } = deps;
  const supportLayer = makeSupportLayers(deps);
  const shared = makeShared<BuildResult>();
  const builder = { name: executor.name, version: executor.version };

  async function buildPlan(request: BuildRequest, sink: BuildSink, signal: AbortSignal): Promise<BuildResult> {
    const startedAt = clock.now();
    const { plan } = request;
    // Both are awaited below, and must not count as unhandled if something else fails first.
    const entries = request.source.list();
    entries.catch(() => {});
    const opening = plan.base.digest === null ? null : deps.openBase(plan.base);
    opening?.catch(() => {});
    let packingAt = startedAt;
    const made = await makeParts(request, entries, sink, signal, () => {
      packingAt = clock.now();
      sink.start("image", "Packing the image");
    });
    if (!made.ok) return failed(made.failure);
    const { platform, tools, dependencies, app } = made.parts;
    signal.throwIfAborted();
    const shipped = plan.contents.dependencies.length > 0 ? dependencies : null;
    const support = await supportLayer(plan.contents.support);
    const layers = [shipped?.layer, support, app.layer].filter((layer) => layer != null);
    const abi = mergeAbi(shipped?.abi ?? {}, app.abi);
    const base = opening === null ? null : await opening;
    const parts = { plan, layers, platform, base, tools, abi };
    const unfit = unfitForBase(parts, executor);
    if (unfit !== null) return failed(unfit);
    const service = `${request.app}/${request.service}`;
    const image = await images.assemble(makeImageSpec(parts), service);
    sink.end("image", clock.now() - packingAt);
    await lineage.set(service, app.layer.digest);
    const key = buildKey(request, executor);
    const record = { request, key, image, builder, platform, tools, abi, startedAt };
    const artifact = makeArtifact({ ...record, finishedAt: clock.now() });
    return { ok: true, artifact, summary: summarise(dependencies, app.summary, image.sizeBytes) };
  }

  async function buildDockerfile(request: BuildRequest, sink: BuildSink, signal: AbortSignal): Promise<BuildResult> {
    const startedAt = clock.now();
    if (executor.buildDockerfile === null) return failed(needsDocker(request.plan.dockerfile ?? "Dockerfile"));
    const result = await executor.buildDockerfile(request, sink, signal);
    if (!result.ok) return failed(result.failure);
    const { image, tools } = result;
    const made = { request, key: buildKey(request, executor), image, builder, platform: executor.platform, tools };
    const artifact = makeArtifact({ ...made, abi: {}, startedAt, finishedAt: clock.now() });
    return { ok: true, artifact, summary: summarise(null, request.plan.dockerfile ?? "", image.sizeBytes) };
  }

  return {
    name: executor.name,
    usesBuildImage: executor.usesBuildImage,
    cachesOf: executor.cachesOf,
    key: (request) => buildKey(request, executor),
    async build(request, sink, signal) {
      images.warm();
      const done = images.begin();
      const build = request.plan.dockerfile === null ? buildPlan : buildDockerfile;
      try {
        const key = buildKey(request, executor);
        const result = await shared(key, sink, signal, (sink, signal) => build(request, sink, signal));
        return result.ok ? { ...result, artifact: asBuiltFor(request, result.artifact) } : result;
      } finally {
        done();
      }
    },
    cachedLayers: () => cache.layers(),
    async pruneCache(before) {
      await cache.prune(before);
      await executor.prune(before);
    },
    forget: (app) => executor.forget(app),
  };
}

function needsDocker(dockerfile: string): BuildFailure {
  return {
    step: "image",
    message: `${dockerfile} can be built by a Docker engine only`,
    hint: "Start Berth with BERTH_BUILDER=docker, or choose another stack in berth.yaml.",
    exitCode: null,
    lines: [],
  };
}
