import { BerthError } from "@berth/core";
import type { BuildPlan } from "@berth/core";
import { appFolder } from "@berth/images";
import type { Images, Layer } from "@berth/images";
import type { OpenedBuild } from "./channel/channel.ts";
import type { BuildOutcome } from "./channel/protocol.ts";

/**
 * What a pod says of its layers, held against what they are: a pod runs the app's code, and may say anything. Layers that ship have to be
 * the app's own, and all that is noted of them is read from them. Throws `image.not-found`, `image.corrupt`, `image.unfit`.
 */
export async function takeOutcome(
  outcome: BuildOutcome,
  { contents }: Pick<BuildPlan, "contents">,
  build: Pick<OpenedBuild, "isOurs">,
  images: Pick<Images, "readLayer">,
): Promise<BuildOutcome> {
  if (outcome.kind !== "built") return outcome;
  const { dependencies, app } = outcome.layers;
  const read = async <T extends { layer: Layer }>(part: T): Promise<T> => {
    const { digest } = part.layer;
    if (!(await build.isOurs(digest))) throw foreign(digest);
    return { ...part, layer: await images.readLayer(digest, appFolder) };
  };
  return {
    ...outcome,
    layers: {
      ...outcome.layers,
      // One that does not ship stays in the pod's own cache.
      dependencies: dependencies && (contents.dependencies.length > 0 ? await read(dependencies) : dependencies),
      app: app && (await read(app)),
    },
  };
}

function foreign(digest: string): BerthError {
  return new BerthError("image.not-found", `The pod of the build names a layer that it has not brought: ${digest}.`, {
    hint: "Push again; where it happens again, a step of the build reaches into what is not its own.",
  });
}
