import type { CachingBuilder } from "@berth/builders";
import { type Clock, imageNeeds, production, type RunPlace, unfitReason } from "@berth/core";
import type { ImageKeeper } from "@berth/deployer";
import type { Images, Registry } from "@berth/images";
import type { Registries } from "./registries.ts";
import { tagsOf } from "./release-images.ts";

/** How long a dependency layer that no build asks for is kept for the next one. */
const cacheForMs = 30 * 86_400_000;

export interface ImageKeeperDeps {
  images: Images;
  builder: CachingBuilder;
  registries: Pick<Registries, "publish">;
  /** The registry of this installation, with what was pushed to it. */
  registry: Pick<Registry, "withRoots">;
  /** Where images are to run. */
  place: RunPlace;
  clock: Clock;
}

/** What the deployer knows of images: whether one is there and fits, where it goes, and how to remove those that nothing names, sparing what builds may reuse. */
export function makeImageKeeper({ images, builder, registries, registry, place, clock }: ImageKeeperDeps): ImageKeeper {
  return {
    has: (digest) => images.has(digest),
    async unfit(digest) {
      const { annotations } = await images.describe(digest);
      return unfitReason(imageNeeds(annotations, place.platform), place);
    },
    async publish(app, digest, say, signal) {
      await registries.publish({ app, digest, tags: [] }, say, signal);
    },
    async publishRelease(release, signal) {
      const { app, environment } = release;
      for (const [tag, digest] of tagsOf(release)) {
        const tags = environment === production ? [tag] : [];
        await registries.publish({ app, digest, tags }, () => undefined, signal);
      }
    },
    async remove(digests) {
      await builder.pruneCache(clock.now() - cacheForMs);
      await registry.withRoots(async (pushed) => {
        await images.remove(digests, [...(await builder.cachedLayers()), ...pushed]);
      });
    },
  };
}
