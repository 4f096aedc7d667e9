import { type BaseImage, type Digest, parseImageName, type PlannedService, shortImage } from "@berth/core";
import type { OperationContext } from "./operations.ts";

/** The services with the images of their plans pinned, as far as runtime and builder need them: what a name stands for is asked of its registry once, and kept. */
export async function pinImages(
  context: OperationContext,
  services: readonly PlannedService[],
): Promise<readonly PlannedService[]> {
  const { runtime, builder } = context.deps;
  const pinned: PlannedService[] = [];
  for (const service of services) {
    const { base, buildImage, dockerfile } = service.plan;
    // What a Dockerfile stands on is the engine's to find.
    const needsBase = runtime.descriptor.needsBase && dockerfile === null;
    const plan = {
      ...service.plan,
      base: needsBase ? await pin(context, base) : base,
      buildImage: buildImage !== null && builder.usesBuildImage ? await pin(context, buildImage) : buildImage,
    };
    pinned.push({ ...service, plan });
  }
  return pinned;
}

async function pin({ deps, timeline, actor, stopping }: OperationContext, { image }: BaseImage): Promise<BaseImage> {
  const { digest } = parseImageName(image);
  if (digest !== null) return { image, digest: digest as Digest };
  const kept = await deps.store.bases.get(image);
  if (kept !== null) return { image, digest: kept.digest };
  const resolved = await deps.resolveBase(image, stopping);
  const made = await deps.store.bases.pin(image, resolved, actor);
  timeline.line("detect", `${shortImage(image)} is pinned to ${made.digest.slice(0, 19)}`);
  return { image, digest: made.digest };
}
