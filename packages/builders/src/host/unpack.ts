import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";
import type { UnpackedImage } from "@berth/images";
import { nodeAnnotation } from "./deps.ts";
import type { HostBuilderDeps } from "./deps.ts";
import { ensureTools } from "./tools/toolbox.ts";

export interface HostImage extends UnpackedImage {
  /** A folder with the commands that the image's base would bring (`node` in the version it was built with), to be found before this machine's own; null where Berth's own Node is the right one. */
  bin: string | null;
}

/** Unpacks images for running them on this machine itself, with the Node that they were built with. */
export function makeHostUnpack(deps: HostBuilderDeps): (digest: Digest) => Promise<HostImage> {
  return async (digest) => {
    const image = await deps.images.unpack(digest);
    const version = image.annotations[nodeAnnotation];
    if (version === undefined || version === deps.machine.node.version) return { ...image, bin: null };
    const quiet = { start: () => {}, line: () => {}, end: () => {} };
    const tools = await ensureTools({ tools: { node: version }, steps: [] }, deps, quiet, new AbortController().signal);
    if (tools.ok) return { ...image, bin: tools.toolbox.bin };
    throw new BerthError(
      "runtime.failed",
      `Node ${version}, which this image was built with, could not be installed.`,
      {
        path: digest,
        hint: tools.failure.hint ?? "Check the connection to the npm registry and deploy again.",
        details: tools.failure.lines,
      },
    );
  };
}
