import { join } from "node:path";
import { shortImage } from "@berth/core";
import type { BaseImage, BuildPlan, BuildRequest, BuildSink, Digest } from "@berth/core";
import type { ContainerTools } from "../build/tools/image-tools.ts";
import type { Executor, Prepared, Workshop } from "../build/executor.ts";
import { makeWorkFolders } from "../host/work-folder.ts";
import { makeAppCaches } from "./app-caches.ts";
import { makeRemovals, removeLeftContainers } from "./container.ts";
import { dockerBuilderVersion, dockerfileVersion } from "./deps.ts";
import type { DockerBuilderDeps } from "./deps.ts";
import { makeEngineImages } from "./engine-images.ts";
import { makeLoadable } from "./loadable.ts";
import { copyTool } from "./tools/copy-tools.ts";
import { ensureContainerTools } from "./tools/ensure-tools.ts";
import { toolsVolume } from "./volumes.ts";
import { makeDockerWorkshop } from "./workshop.ts";
import type { BuildImage } from "./workshop.ts";

/** Runs steps in containers of the image that a plan names for them. */
export function makeDockerExecutor(deps: DockerBuilderDeps): Executor {
  const { engine, installation, home, images, clock } = deps;
  const platform = { os: engine.info.os, architecture: engine.info.architecture, libc: null };
  const engineImages = makeEngineImages(engine, join(home, "cache", "engine-images.json"), clock);
  const removals = makeRemovals(engine, deps.log);
  const appCaches = makeAppCaches(deps, join(home, "cache", "build-volumes.json"));
  const workshopDeps = { ...deps, engineImages, removals, workFolders: makeWorkFolders(home, images) };
  const layerNames = new Map<string, Digest>();
  const toolsKnown = new Map<string, ContainerTools>();
  let cleaned: Promise<void> | null = null;

  /** What a crash left is removed before the first build; where the engine does not answer it is tried again. */
  function clean(): Promise<void> {
    const cleaning = (cleaned ??= removeLeftContainers(engine, installation));
    cleaning.catch(() => (cleaned = null));
    return cleaning;
  }

  async function bringImage(wanted: BaseImage, sink: BuildSink): Promise<BuildImage> {
    const name = shortImage(wanted.image);
    const startedAt = clock.now();
    sink.start("tools", `Build image ${name}`);
    const base = await deps.openBase(wanted);
    const loadable = await makeLoadable(images, base, [], installation);
    const tag = loadable.id.slice("sha256:".length, "sha256:".length + 16);
    const image = await engineImages.ensure(loadable, `berth-build/${installation}-image:${tag}`);
    sink.end("tools", clock.now() - startedAt);
    return { base, image, name };
  }

  async function prepare({ app, plan }: BuildRequest, sink: BuildSink, signal: AbortSignal): Promise<Prepared> {
    if (plan.steps.length === 0) return { ok: true, workshop: makeIdleWorkshop(plan) };
    await clean();
    await appCaches.use(app);
    if (plan.buildImage === null) throw new TypeError("a plan with steps has no image for them");
    const buildImage = await bringImage(plan.buildImage, sink);
    const toolImages = Object.entries(plan.toolImages ?? {});
    const key = JSON.stringify([buildImage.image.id, Object.entries(plan.tools).sort(), toolImages]);
    const known = toolsKnown.get(key);
    // The volume with what was installed may have been removed meanwhile.
    if (known !== undefined && (known.folders.length === 0 || (await hasVolume()))) {
      return { ok: true, workshop: makeDockerWorkshop(buildImage, known, workshopDeps) };
    }
    const copied: string[] = [];
    for (const [tool, image] of toolImages) {
      const copy = await copyTool(tool, await bringImage(image, sink), deps, sink, signal);
      if (!copy.ok) return copy;
      copied.push(`${copy.folder}/bin`);
    }
    const found = await ensureContainerTools(plan, buildImage, copied, deps, sink, signal);
    if (!found.ok) return found;
    toolsKnown.set(key, found.tools);
    return { ok: true, workshop: makeDockerWorkshop(buildImage, found.tools, workshopDeps) };
  }

  async function hasVolume(): Promise<boolean> {
    const { name } = toolsVolume(installation, "use");
    const { Volumes } = await engine.ask((docker) => docker.listVolumes({ filters: { name: [name] } }));
    return Volumes.some((volume) => volume.Name === name);
  }

  /** A plan without steps needs no container: what it asks for is what it runs with. */
  function makeIdleWorkshop(plan: BuildPlan): Workshop {
    const within = () => Promise.reject(new TypeError(`a plan without steps (${plan.stack}) needs no place`));
    return { tools: plan.tools, abi: {}, platform, where: "in the image", within };
  }

  return {
    name: "docker",
    version: dockerBuilderVersion,
    usesBuildImage: true,
    cachesOf: "app",
    platform,
    // The pinned image stands for all tools that are in it, and the plan says which others.
    conditions: ({ dockerfile }) => (dockerfile === null ? {} : { dockerfile: dockerfileVersion }),
    prepare,
    async buildDockerfile(request, sink, signal) {
      await clean();
      // Only now: what speaks to BuildKit takes 12 MB, and few apps have a Dockerfile.
      const { buildDockerfile } = await import("./dockerfile/build-dockerfile.ts");
      return buildDockerfile(request, { ...workshopDeps, layerNames }, sink, signal);
    },
    async prune(before) {
      // An image that a container still has could not be removed.
      await removals.settled();
      await engineImages.prune(before);
      await appCaches.prune(before);
    },
    async forget(app) {
      await removals.settled();
      await appCaches.forget(app);
    },
  };
}
