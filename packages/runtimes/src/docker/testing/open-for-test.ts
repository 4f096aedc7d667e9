import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandom } from "@berth/core";
import type { Digest, Log } from "@berth/core";
import type { Engine, LoadableImage } from "@berth/docker";
import type { RuntimeUnderTest } from "../../conformance/runtime-under-test.ts";
import type { DockerRuntime, DockerRuntimeDeps } from "../deps.ts";
import { imageRepositoryPrefix, label } from "../names.ts";
import { startDockerRuntime } from "../runtime.ts";
import { makeAppImage } from "./make-image.ts";
import type { TestImageOptions } from "./make-image.ts";
import { readBase } from "./requires-docker.ts";

export interface DockerUnderTest extends RuntimeUnderTest {
  runtime: DockerRuntime;
  reopen(): Promise<DockerRuntime>;
  deps: DockerRuntimeDeps;
  /** What was logged, `level: message` each. */
  logged: string[];
  makeImage(folder: string, options?: TestImageOptions): Promise<Digest>;
}

/** Ranges that nothing else on a machine of tests has. */
const testSubnets = "10.213.0.0/16";

/** A docker runtime of an installation of its own, with images that are folders on the base image. */
export async function openDockerRuntime(
  engine: Engine,
  changes: Partial<DockerRuntimeDeps> = {},
): Promise<DockerUnderTest> {
  const home = await mkdtemp(join(tmpdir(), "berth-docker-"));
  const logged: string[] = [];
  const images = new Map<Digest, LoadableImage>();
  const installation = changes.installation ?? randomBytes(8).toString("hex");
  const deps: DockerRuntimeDeps = {
    home,
    engine,
    installation,
    open: async (digest) => {
      const image = images.get(digest);
      if (!image) throw new Error(`there is no image ${digest}`);
      return image;
    },
    subnets: testSubnets,
    clock: systemClock,
    random: systemRandom,
    log: makeListLog(logged),
    workerReadyAfterMs: 200,
    networkLingerMs: 50,
    measureEveryMs: 500,
    surveyEveryMs: 1_000,
    ...changes,
  };
  let runtime = await startDockerRuntime(deps);
  const base = await readBase(engine);
  return {
    deps,
    logged,
    readyAtSlackMs: 0,
    restartsAtOnce: false,
    ownVariables: ["HOME", "HOSTNAME", ...base.env.map((text) => text.slice(0, text.indexOf("=")))],
    get runtime() {
      return runtime;
    },
    async makeImage(folder, options) {
      const image = await makeAppImage(engine, folder, options);
      images.set(image.id, image);
      return image.id;
    },
    remains: async () => (await listOwn(engine, installation)).filter((one) => !isPrepared(one)).length,
    async reopen() {
      await runtime.close();
      runtime = await startDockerRuntime(deps);
      return runtime;
    },
    async dispose() {
      await runtime.close();
      await (await startDockerRuntime(deps)).shutdown();
      await removeImages(engine, installation);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Made for an instance that nobody has asked for yet. */
export function isPrepared({ Labels, State }: { Labels: Record<string, string>; State: string }): boolean {
  return State === "created" && label.prepared in Labels;
}

export function listOwn(engine: Engine, installation: string) {
  const filters = { label: [`${label.installation}=${installation}`] };
  return engine.ask((docker) => docker.listContainers({ all: true, filters }));
}

/** Names of the images that an installation has on an engine. */
export async function imageNames(engine: Engine, installation: string): Promise<string[]> {
  const images = await engine.ask((docker) => docker.listImages());
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  return names.filter((name) => name.startsWith(imageRepositoryPrefix(installation)));
}

async function removeImages(engine: Engine, installation: string): Promise<void> {
  const names = await imageNames(engine, installation);
  await Promise.all(names.map((name) => engine.ask((docker) => docker.getImage(name).remove({ force: true }))));
}

function makeListLog(logged: string[]): Log {
  const add = (level: string) => (_: object, message: string) => void logged.push(`${level}: ${message}`);
  return { debug: add("debug"), info: add("info"), warn: add("warn"), error: add("error") };
}
