import { makeBuilder } from "../build/make-builder.ts";
import type { CachingBuilder } from "../build/make-builder.ts";
import type { HostBuilderDeps } from "./deps.ts";
import { makeHostExecutor } from "./executor.ts";

/** Builds with the tools of this machine: steps are processes in a private folder, the outcome is an image in the layout store. */
export function makeHostBuilder(deps: HostBuilderDeps): CachingBuilder {
  return makeBuilder(makeHostExecutor(deps), deps);
}
