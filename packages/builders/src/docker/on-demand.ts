import type { CachingBuilder } from "../build/make-builder.ts";
import type { DockerBuilderDeps } from "./deps.ts";

/** See `makeDockerBuilder` of builder.ts, which is loaded here: an installation without containers needs none of it. */
export async function makeDockerBuilder(deps: DockerBuilderDeps): Promise<CachingBuilder> {
  return (await import("./builder.ts")).makeDockerBuilder(deps);
}
