import type { CachingBuilder } from "../build/make-builder.ts";
import type { KubernetesBuilderDeps } from "./deps.ts";
import type { PodDeps } from "./pod/build-in-pod.ts";

/** See `makeKubernetesBuilder` of builder.ts, which is loaded here: an installation without a cluster needs none of it. */
export async function makeKubernetesBuilder(deps: KubernetesBuilderDeps): Promise<CachingBuilder> {
  return (await import("./builder.ts")).makeKubernetesBuilder(deps);
}

/** See `buildInPod` of pod/build-in-pod.ts. */
export async function buildInPod(deps: PodDeps): Promise<void> {
  await (await import("./pod/build-in-pod.ts")).buildInPod(deps);
}
