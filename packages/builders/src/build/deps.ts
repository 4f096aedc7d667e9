import type { BaseImage, Clock, Log, Random } from "@berth/core";
import type { Base, Images } from "@berth/images";

/** What every builder needs. */
export interface BuilderDeps {
  /** BERTH_HOME. */
  home: string;
  images: Images;
  /** The files of a bundle that Berth adds to an image: where they go below `/berth`, and where they are on this disk. */
  supportFiles(name: string): readonly { path: string; file: string }[];
  /** A pinned image with all that is in it, brought from its registry where it is not there yet. */
  openBase(base: BaseImage): Promise<Base>;
  clock: Clock;
  random: Random;
  log: Log;
}
