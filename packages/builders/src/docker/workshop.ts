import { join } from "node:path";
import { makeArgv } from "@berth/core";
import type { BuildSink, Digest, Platform } from "@berth/core";
import type { Engine, EngineImage } from "@berth/docker";
import type { Base } from "@berth/images";
import { cacheEnv } from "../build/caches.ts";
import type { Place, PlaceSpec, Workshop } from "../build/executor.ts";
import { plainEnv } from "../build/plain-env.ts";
import { plainPath } from "../build/tools/image-tools.ts";
import type { ContainerTools } from "../build/tools/image-tools.ts";
import type { WorkFolders } from "../host/work-folder.ts";
import { packFiles, packSourceArchive } from "./archive-in.ts";
import { collectFrom } from "./collect.ts";
import { startBuildContainer } from "./container.ts";
import type { Removals } from "./container.ts";
import type { DockerBuilderDeps } from "./deps.ts";
import type { EngineImages } from "./engine-images.ts";
import { giveToEngine } from "./engine-stream.ts";
import { runInContainer } from "./exec.ts";
import { makeLoadable } from "./loadable.ts";
import { ensureBuildNetwork } from "./network.ts";
import { cacheVolumes, cachesInApp, containerCaches, toolsVolume } from "./volumes.ts";

export interface DockerWorkshopDeps extends DockerBuilderDeps {
  workFolders: WorkFolders;
  engineImages: EngineImages;
  removals: Removals;
}

/** The image that steps run in. */
export interface BuildImage {
  base: Base;
  /** As the engine has it. */
  image: EngineImage;
  /** As a person knows it. */
  name: string;
}

/** Places in containers of the image: one for each group of steps. */
export function makeDockerWorkshop(buildImage: BuildImage, tools: ContainerTools, deps: DockerWorkshopDeps): Workshop {
  const { engine, installation } = deps;
  const platform: Platform = buildImage.base.platform;
  const within: Workshop["within"] = (spec, sink, signal, use) =>
    deps.workFolders.within(spec.name, async (top) => {
      const image =
        spec.dependencies === null ? buildImage.image : await withDependencies(spec, buildImage, deps, sink);
      const needsNetwork = spec.steps.some((step) => step.network);
      const network = needsNetwork ? await ensureBuildNetwork(engine) : null;
      signal.throwIfAborted();
      const container = await startBuildContainer(engine, {
        image: image.id,
        name: `berth-build-${installation}-${Buffer.from(deps.random.bytes(6)).toString("hex")}`,
        installation,
        network,
        volumes: [
          ...cacheVolumes(spec, installation),
          ...(tools.folders.length > 0 ? [toolsVolume(installation, "use")] : []),
        ],
        limits: deps.limits,
      });
      try {
        await putSettings(engine, container, deps);
        return await use(makePlace(spec, container, network, join(top, "app"), buildImage, tools, deps, signal));
      } finally {
        deps.removals.begin(container);
      }
    });
  return { tools: tools.versions, abi: tools.abi, platform, where: `in ${buildImage.name}`, within };
}

/** The image with a dependency layer on top: the engine lays it under each container without copying it. */
async function withDependencies(
  spec: PlaceSpec,
  buildImage: BuildImage,
  deps: DockerWorkshopDeps,
  sink: BuildSink,
): Promise<EngineImage> {
  const startedAt = deps.clock.now();
  sink.start("dependencies", "Laying them under the build");
  const layers = spec.dependencies === null ? [] : [spec.dependencies];
  const loadable = await makeLoadable(deps.images, buildImage.base, layers, deps.installation);
  const image = await deps.engineImages.ensure(loadable, dependencyImageName(deps.installation, loadable.id));
  sink.end("dependencies", deps.clock.now() - startedAt);
  return image;
}

function dependencyImageName(installation: string, id: Digest): string {
  return `berth-build/${installation}-dependencies:${id.slice("sha256:".length, "sha256:".length + 16)}`;
}

async function putSettings(engine: Engine, container: string, { settings }: DockerBuilderDeps): Promise<void> {
  if (settings.length === 0) return;
  await engine.ask((docker) => docker.getContainer(container).putArchive(packFiles(settings), { path: "/" }));
}

function makePlace(
  spec: PlaceSpec,
  container: string,
  network: string | null,
  folder: string,
  { base }: BuildImage,
  tools: ContainerTools,
  deps: DockerWorkshopDeps,
  signal: AbortSignal,
): Place {
  const { engine, clock } = deps;
  const baseEnv = Object.fromEntries(base.env.map(splitVariable));
  const path = [
    ...spec.programs.map((program) => `/app/${program}`),
    ...tools.folders,
    baseEnv["PATH"] ?? plainPath,
  ].join(":");
  const setNetwork = makeNetworkSwitch(engine, container, network);
  return {
    async write(source, entries) {
      const archive = packSourceArchive({ source, entries, prefix: "app/", mtime: new Date(clock.now()), signal });
      await giveToEngine(
        engine,
        archive,
        (docker) => docker.getContainer(container).putArchive(archive, { path: "/" }),
        signal,
      );
    },
    async run(step, line, mask) {
      await setNetwork(step.network);
      const env = {
        ...baseEnv,
        ...plainEnv,
        ...deps.env,
        HOME: "/root",
        ...tools.env,
        ...cacheEnv(step.caches, containerCaches),
        ...step.env,
        ...spec.env,
        PATH: path,
      };
      const argv = makeArgv(step.command, env);
      const exec = { container, argv, env, cwd: "/app", timeoutMs: step.timeoutMs, mask };
      return runInContainer(engine, exec, line, signal, clock);
    },
    collect(paths) {
      const exclude = cachesInApp(spec.steps);
      const onDependencies = spec.dependencies !== null;
      return collectFrom(engine, { container, folder, paths, exclude, onDependencies, signal });
    },
  };
}

/** Takes a container's network away and gives it back, as its steps need. */
function makeNetworkSwitch(engine: Engine, container: string, network: string | null) {
  let isOn = network !== null;
  return async (wanted: boolean): Promise<void> => {
    if (network === null || wanted === isOn) return;
    const change = { Container: container };
    await engine.ask((docker) =>
      wanted
        ? docker.getNetwork(network).connect(change)
        : docker.getNetwork(network).disconnect({ ...change, Force: true }),
    );
    isOn = wanted;
  };
}

function splitVariable(line: string): [string, string] {
  const equals = line.indexOf("=");
  return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
}
