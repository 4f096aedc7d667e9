import { join } from "node:path";
import { BerthError } from "@berth/core";
import type { BuildPlan, BuildRequest } from "@berth/core";
import type { Executor } from "../build/executor.ts";
import { inputsOf } from "../build/inputs.ts";
import { openKeptMap } from "../build/kept-map.ts";
import { dependencyKey } from "../build/keys.ts";
import { hasAppSteps, makePartsWith, packAppSource } from "../build/parts.ts";
import type { Earlier, MakeParts, Parts } from "../build/parts.ts";
import { makeAppTurns } from "./app-turns.ts";
import { makeBuildByJob } from "./build-by-job.ts";
import type { BuiltLayers } from "./channel/protocol.ts";
import type { KubernetesBuilderDeps } from "./deps.ts";
import { makeFacts } from "./facts.ts";
import type { Jobs } from "./jobs.ts";

/** Parts of plans: by a Job where steps have to run, and here where none has to. */
export function makeClusterParts(deps: KubernetesBuilderDeps, jobs: Jobs, earlier: Earlier): MakeParts {
  const facts = makeFacts(deps.platform);
  const buildByJob = makeBuildByJob({ ...deps, jobs, turns: makeAppTurns(), earlier });
  /** Versions of tools in build images, as pods have told them: each is believed of its own app alone. */
  const tools = openKeptMap<Record<string, string>>(join(deps.home, "cache", "cluster-tools.json"));

  function keyOf(
    request: BuildRequest,
    entries: Parameters<typeof inputsOf>[1],
    known: Record<string, string>,
  ): string {
    const steps = request.plan.steps.filter((step) => step.layer === "dependencies");
    return dependencyKey(request, inputsOf(steps, entries), known, executor);
  }

  /** What makes parts without running anything: dependencies that are here, and the source. */
  const executor: Executor = {
    ...facts,
    async prepare({ app, plan }) {
      const known = (await tools.load()).get(toolsKey(app, plan)) ?? plan.tools;
      const within = () => Promise.reject(new TypeError(`the steps of ${plan.stack} run in a pod`));
      return { ok: true, workshop: { tools: known, abi: {}, platform: deps.platform, where: "in a pod", within } };
    },
    buildDockerfile: null,
    prune: async () => {},
    forget: async () => {},
  };
  const makeHere = makePartsWith(executor, deps, earlier);

  return async (request, listing, sink, signal, beginPacking) => {
    const { app, plan } = request;
    const entries = await listing;
    const known = (await tools.load()).get(toolsKey(app, plan));
    const isHere =
      plan.steps.length === 0 ||
      (!hasAppSteps(plan) &&
        known !== undefined &&
        (await earlier.cache.find(keyOf(request, entries, known))) !== null);
    if (isHere) return makeHere(request, listing, sink, signal, beginPacking);

    const outcome = await buildByJob({ request, entries, sink, signal, beginPacking });
    if (outcome.kind === "failed") return { ok: false, failure: outcome.failure };
    if (outcome.kind === "error") {
      const { code, message, hint } = outcome;
      throw new BerthError(code, message, hint === undefined ? {} : { hint });
    }
    const { layers } = outcome;
    await tools.set(toolsKey(app, plan), layers.tools);
    const parts = partsOf(layers);
    if (parts.dependencies !== null && plan.contents.dependencies.length > 0) {
      const { layer, abi } = parts.dependencies;
      await deps.images.settle(layer.digest);
      await earlier.cache.put(keyOf(request, entries, layers.tools), { layer, abi, tools: layers.tools });
    }
    if (parts.app !== null) return { ok: true, parts: { ...parts, app: parts.app } };
    const packing = { request, entries, hasDependencies: parts.dependencies !== null, signal, beginPacking };
    const packed = await packAppSource(packing, deps, earlier);
    return packed.ok ? { ok: true, parts: { ...parts, app: packed } } : packed;
  };
}

function partsOf({ tools, platform, dependencies, app }: BuiltLayers): Parts<Parts["app"] | null> {
  return {
    tools,
    platform,
    dependencies: dependencies && { ok: true, ...dependencies },
    app: app && { ok: true, ...app },
  };
}

function toolsKey(app: string, { buildImage, tools, toolImages }: BuildPlan): string {
  return JSON.stringify([app, buildImage?.digest, Object.entries(tools).sort(), Object.entries(toolImages ?? {})]);
}
