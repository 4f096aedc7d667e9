import { makeBuilder } from "../build/make-builder.ts";
import type { CachingBuilder } from "../build/make-builder.ts";
import type { DockerBuilderDeps } from "./deps.ts";
import { makeDockerExecutor } from "./executor.ts";

/** Builds with a Docker engine: steps run in containers of their stack's official image, a Dockerfile is built by the engine itself; the outcome is an image in the layout store. */
export function makeDockerBuilder(deps: DockerBuilderDeps): CachingBuilder {
  return makeBuilder(makeDockerExecutor(deps), deps);
}
