import type { HostBuilder } from "@berth/builders";
import type { Clock } from "@berth/core";
import type { ImageKeeper } from "@berth/deployer";
import type { Images } from "@berth/images";

/** How long a dependency layer that no build asks for is kept for the next one. */
const cacheForMs = 30 * 86_400_000;

/** What the deployer knows of images: whether one is there, and how to remove those that nothing names, sparing what builds may reuse. */
export function makeImageKeeper(images: Images, builder: HostBuilder, clock: Clock): ImageKeeper {
  return {
    has: (digest) => images.has(digest),
    unfit: async () => null,
    publish: async () => undefined,
    async remove(digests) {
      await builder.pruneCache(clock.now() - cacheForMs);
      await images.remove(digests, await builder.cachedLayers());
    },
  };
}
