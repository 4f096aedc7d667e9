import { type BaseImage, type Digest, parseImageName, type PlannedService, shortImage } from "@berth/core";
import type { OperationContext } from "./operations.ts";

/** What the images that plans stand on are, in one operation. */
export interface Pins {
  /** The services with the images of their plans named exactly, as far as runtime and builder need them: as they are pinned, or as their registries say now. */
  resolve(services: readonly PlannedService[]): Promise<readonly PlannedService[]>;
  /** Keeps what the names stood for, now that it serves. What never did is asked of its registry again with the next deploy. */
  keep(): Promise<void>;
}

export function makePins({
  deps,
  timeline,
  actor,
  stopping,
}: Pick<OperationContext, "deps" | "timeline" | "actor" | "stopping">): Pins {
  const { runtime, builder, store } = deps;
  /** What is not pinned yet: all services of an operation stand on the same. */
  const fresh = new Map<string, Digest>();

  async function resolveImage({ image }: BaseImage): Promise<BaseImage> {
    const { digest } = parseImageName(image);
    if (digest !== null) return { image, digest: digest as Digest };
    const known = (await store.bases.get(image))?.digest ?? fresh.get(image);
    if (known !== undefined) return { image, digest: known };
    const resolved = await deps.resolveBase(image, stopping);
    fresh.set(image, resolved);
    return { image, digest: resolved };
  }

  async function resolveAll(images: Readonly<Record<string, BaseImage>>): Promise<Record<string, BaseImage>> {
    const resolved: Record<string, BaseImage> = {};
    for (const [tool, image] of Object.entries(images)) resolved[tool] = await resolveImage(image);
    return resolved;
  }

  return {
    async resolve(services) {
      const resolved: PlannedService[] = [];
      for (const service of services) {
        const { base, buildImage, toolImages, dockerfile } = service.plan;
        // What a Dockerfile stands on is the engine's to find.
        const needsBase = runtime.descriptor.needsBase && dockerfile === null;
        const plan = {
          ...service.plan,
          base: needsBase ? await resolveImage(base) : base,
          buildImage: buildImage !== null && builder.usesBuildImage ? await resolveImage(buildImage) : buildImage,
          ...(toolImages !== undefined && builder.usesBuildImage && { toolImages: await resolveAll(toolImages) }),
        };
        resolved.push({ ...service, plan });
      }
      return resolved;
    },
    async keep() {
      for (const [image, digest] of fresh) {
        const pin = await store.bases.pin(image, digest, actor);
        timeline.line("release", `${shortImage(image)} is pinned to ${pin.digest.slice(0, 19)}`);
      }
    },
  };
}
