import { systemClock, systemRandom } from "@berth/core";
import type { BaseImage, Digest } from "@berth/core";
import { connectEngine } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { openRemote, parseMirrors } from "@berth/images";
import { onTestFinished } from "vitest";
import type { CachingBuilder } from "../build/make-builder.ts";
import { makeDockerBuilder } from "../docker/builder.ts";
import { buildLabel, defaultBuildLimits } from "../docker/deps.ts";
import type { DockerBuilderDeps } from "../docker/deps.ts";
import { quietLog } from "./host.ts";
import { makeHome, openTestImages } from "./host.ts";
import type { Images } from "@berth/images";

const registry = "http://127.0.0.1:5055";
export const nodeImage = "docker.io/library/node:24-slim";
export const pythonImage = "docker.io/library/python:3.11-slim";

export interface TestDocker {
  home: string;
  images: Images;
  engine: Engine;
  builder: CachingBuilder;
  deps: DockerBuilderDeps;
  /** What a name stands for in the registry, pinned. */
  pin(image: string): Promise<BaseImage & { digest: Digest }>;
}

/** Why these tests cannot run here; null where they can. */
export async function missingForDocker(): Promise<string | null> {
  try {
    await connectEngine({ host: process.env["DOCKER_HOST"] });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const answer = await fetch(`${registry}/v2/library/node/tags/list`).catch(() => null);
  return answer?.ok === true ? null : `${registry} has no base images`;
}

/** A Docker builder with a real engine and a real registry. What it made in the engine is removed when the test has ended. */
export async function openDocker(
  options: { home?: string; deps?: Partial<DockerBuilderDeps> } = {},
): Promise<TestDocker> {
  const home = options.home ?? (await makeHome());
  const images = await openTestImages(home);
  const remote = openRemote({
    home,
    images,
    mirrors: parseMirrors(`docker.io=${registry}`),
    docker: { folder: `${home}/none`, path: "", env: {} },
    proxyEnv: {},
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  onTestFinished(() => remote.close());
  const engine = options.deps?.engine ?? (await connectEngine({ host: process.env["DOCKER_HOST"] }));
  const installation = `test${Buffer.from(systemRandom.bytes(5)).toString("hex")}`;
  const platform = { os: engine.info.os, architecture: engine.info.architecture, libc: null };
  const never = new AbortController().signal;
  const deps: DockerBuilderDeps = {
    home,
    images,
    engine,
    installation,
    supportFiles: () => [],
    openBase: ({ image, digest }) =>
      digest === null
        ? Promise.reject(new TypeError(`${image} is not pinned`))
        : remote.fetchBase({ image, digest }, platform, { signal: never }),
    limits: defaultBuildLimits,
    env: {},
    settings: [],
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
    ...options.deps,
  };
  onTestFinished(() => removeAll(engine, deps.installation));
  const pin = async (image: string) => ({ image, digest: await remote.resolve(image, never) });
  return { home, images, engine, builder: makeDockerBuilder(deps), deps, pin };
}

/** Removes everything that builds of a test have made in the engine. */
async function removeAll(engine: Engine, installation: string): Promise<void> {
  const filters = { label: [`${buildLabel}=${installation}`] };
  const containers = await engine.ask((docker) => docker.listContainers({ all: true, filters }));
  for (const { Id } of containers)
    await engine.ask((docker) => docker.getContainer(Id).remove({ force: true, v: true }));
  const images = await engine.ask((docker) => docker.listImages({ filters }));
  for (const { Id, RepoTags } of images) {
    for (const name of RepoTags ?? [Id])
      await engine.ask((docker) => docker.getImage(name).remove({ force: true })).catch(() => {});
  }
  const { Volumes } = await engine.ask((docker) => docker.listVolumes({ filters }));
  for (const { Name } of Volumes) await engine.ask((docker) => docker.getVolume(Name).remove()).catch(() => {});
  const networks = await engine.ask((docker) => docker.listNetworks({ filters }));
  for (const { Id } of networks) await engine.ask((docker) => docker.getNetwork(Id).remove()).catch(() => {});
}
