import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { BaseImage, Digest } from "@berth/core";
import { connectEngine } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { openRemote, parseMirrors } from "@berth/images";
import type { Images } from "@berth/images";
import { describe } from "vitest";
import type { CachingBuilder } from "../build/make-builder.ts";
import type { BuilderUnderTest } from "../conformance/builder-under-test.ts";
import { makeDockerBuilder } from "../docker/builder.ts";
import { buildLabel, defaultBuildLimits } from "../docker/deps.ts";
import type { DockerBuilderDeps } from "../docker/deps.ts";
import { removeBuilds } from "../docker/remove-builds.ts";
import { openImagesIn } from "./host.ts";

/** Has the base images that tests need. */
export const registry = "http://127.0.0.1:5055";
export const nodeImage = "docker.io/library/node:24-slim";
export const pythonImage = "docker.io/library/python:3.11-slim";

/** Why tests with an engine cannot run here; null where they can. */
async function findMissing(): Promise<string | null> {
  try {
    await connectEngine({ host: process.env["DOCKER_HOST"] });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const answer = await fetch(`${registry}/v2/library/node/tags/list`).catch(() => null);
  return answer?.ok === true ? null : `${registry} has no base images.`;
}

/** Tests that need an engine and a registry: skipped with the reason where there is none, an error in CI. */
export async function describeWithDocker(title: string, suite: () => void): Promise<void> {
  const missing = await findMissing();
  if (missing === null) return void describe(title, suite);
  if (process.env["CI"] === "true") throw new Error(`Docker or base images are missing in CI: ${missing}`);
  console.warn(`skipped: ${missing}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`${title} (missing: ${missing})`, suite);
}

export interface TestDocker {
  home: string;
  images: Images;
  engine: Engine;
  builder: CachingBuilder;
  deps: DockerBuilderDeps;
  /** What a name stands for in the registry, pinned. */
  pin(image: string): Promise<BaseImage & { digest: Digest }>;
  /** Closes it, and removes what it made in the engine, and its home. */
  dispose(): Promise<void>;
}

/** A Docker builder with a real engine and a real registry. */
export async function openDocker(changes: Partial<DockerBuilderDeps> = {}): Promise<TestDocker> {
  const home = await mkdtemp(join(tmpdir(), "berth-builders-"));
  const { images, close } = await openImagesIn(home);
  const remote = openRemote({
    home,
    images,
    mirrors: parseMirrors(`docker.io=${registry}`),
    docker: { folder: join(home, "docker"), path: "", env: {} },
    proxyEnv: {},
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  const engine = changes.engine ?? (await connectEngine({ host: process.env["DOCKER_HOST"] }));
  const installation = `test${Buffer.from(systemRandom.bytes(5)).toString("hex")}`;
  const platform = { os: engine.info.os, architecture: engine.info.architecture, libc: null };
  const never = new AbortController().signal;
  const deps: DockerBuilderDeps = {
    home,
    images,
    engine,
    installation,
    cacheKey: systemRandom.bytes(16),
    supportFiles: () => [],
    openBase: ({ image, digest }) =>
      digest === null
        ? Promise.reject(new TypeError(`${image} is not pinned`))
        : remote.fetchBase({ image, digest }, platform, { signal: never }),
    resolveImage: (image, signal) => remote.resolve(image, signal),
    findLogin: (host, signal) => remote.findLogin(host, signal),
    limits: defaultBuildLimits,
    env: {},
    settings: [],
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
    ...changes,
  };
  return {
    home,
    images,
    engine,
    deps,
    builder: makeDockerBuilder(deps),
    pin: async (image) => ({ image, digest: await remote.resolve(image, never) }),
    async dispose() {
      remote.close();
      await removeBuilds(await connectEngine({ host: process.env["DOCKER_HOST"] }), installation);
      await close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A Docker builder for the conformance suite. */
export async function dockerUnderTest(): Promise<BuilderUnderTest> {
  const { home, images, engine, builder, deps, pin, dispose } = await openDocker();
  const buildImage = await pin(nodeImage);
  const filters = { label: [`${buildLabel}=${deps.installation}`] };
  const containers = () => engine.ask((docker) => docker.listContainers({ all: true, filters }));
  return {
    home,
    images,
    builder,
    plan: { buildImage },
    enforcesNoNetwork: true,
    records: () => recordsOf(engine, deps.installation),
    remains: async () => (await containers()).length,
    dispose,
  };
}

/** All that an engine tells of what builds have made: containers, images with their history, volumes, networks. */
async function recordsOf(engine: Engine, installation: string): Promise<string> {
  const filters = { label: [`${buildLabel}=${installation}`] };
  const images = await engine.ask((docker) => docker.listImages({ filters }));
  const details = images.map(async ({ Id }) => [
    await engine.ask((docker) => docker.getImage(Id).inspect()),
    await engine.ask((docker) => docker.getImage(Id).history()),
  ]);
  return JSON.stringify([
    await engine.ask((docker) => docker.listContainers({ all: true })),
    await Promise.all(details),
    await engine.ask((docker) => docker.listVolumes({ filters })),
    await engine.ask((docker) => docker.listNetworks({ filters })),
  ]);
}
