import type { DockerRuntime, DockerRuntimeDeps } from "./deps.ts";

/** See `startDockerRuntime` of runtime.ts, which is loaded here: an installation without containers needs none of it. */
export async function startDockerRuntime(deps: DockerRuntimeDeps): Promise<DockerRuntime> {
  return (await import("./runtime.ts")).startDockerRuntime(deps);
}
