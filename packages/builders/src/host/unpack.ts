import { BerthError, imageNeeds } from "@berth/core";
import type { Digest } from "@berth/core";
import type { UnpackedImage } from "@berth/images";
import { nodeAnnotation } from "../build/image.ts";
import type { HostBuilderDeps } from "./deps.ts";
import { makeMachineFinder } from "./tools/find-on-machine.ts";
import { machineTools } from "./tools/machine-tools.ts";
import { ensureTools } from "./tools/toolbox.ts";

export interface HostImage extends UnpackedImage {
  /** A folder with the commands that the image's base would bring (`node` in the version it was built with), to be found before this machine's own; null where Berth's own Node is the right one. */
  bin: string | null;
}

/** Unpacks images for running them on this machine itself, with the languages that they were built with. */
export function makeHostUnpack(deps: HostBuilderDeps): (digest: Digest) => Promise<HostImage> {
  const toolDeps = { ...deps, finder: makeMachineFinder(deps) };
  return async (digest) => {
    const image = await deps.images.unpack(digest);
    const { annotations } = image;
    const node = annotations[nodeAnnotation];
    const said = { ...imageNeeds(annotations, deps.platform).tools, ...(node !== undefined && { node }) };
    const wanted = Object.entries(said).filter(
      ([tool, version]) => tool !== "node" || version !== deps.machine.node.version,
    );
    if (wanted.length === 0) return { ...image, bin: null };
    const tools = Object.fromEntries(wanted.map(([tool, version]) => [tool, runVersion(tool, version)]));
    const quiet = { start: () => {}, line: () => {}, end: () => {} };
    const found = await ensureTools({ tools, steps: [] }, toolDeps, quiet, new AbortController().signal);
    if (found.ok) return { ...image, bin: found.toolbox.bin };
    const names = wanted.map(([tool, version]) => `${machineTools[tool]?.name ?? tool} ${version}`);
    const message = `What this image needs to run is not there: ${names.join(", ")}.`;
    throw new BerthError("runtime.failed", message, {
      path: digest,
      hint: found.failure.hint ?? "Check the connection to the registry of packages and deploy again.",
      details: found.failure.lines,
    });
  };
}

/** A language of the machine itself may have had its patches since the image was built. */
function runVersion(tool: string, version: string): string {
  return tool in machineTools
    ? version
        .split(".")
        .slice(0, tool === "java" ? 1 : 2)
        .join(".")
    : version;
}
