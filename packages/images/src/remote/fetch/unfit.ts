import { BerthError } from "@berth/core";
import type { ManifestPlatform } from "../manifest/document.ts";
import { platformText } from "../manifest/select-platform.ts";
import type { WantedPlatform } from "../manifest/select-platform.ts";
import type { Reference } from "./reference.ts";

/** The image is there, and nothing can be built on it. `why` follows a colon. */
export function unfitBase({ image, short }: Reference, why: string): BerthError {
  return new BerthError("base.unfit", `Nothing can be built on ${short}: ${why}.`, {
    path: image,
    hint: "Name another image as `base` of the service in berth.yaml.",
  });
}

/** The image is there, but not for this platform. */
export function wrongPlatform(
  { image, short }: Reference,
  wanted: WantedPlatform,
  there: readonly ManifestPlatform[],
): BerthError {
  const platforms = [...new Set(there.map(platformText))].sort();
  const list = platforms.length === 0 ? "no platform at all" : platforms.join(", ");
  return new BerthError("base.unfit", `${short} is not made for ${platformText(wanted)}, which apps run on here.`, {
    path: image,
    hint: "Name an image that is as `base` of the service in berth.yaml.",
    details: [`It is made for ${list}.`],
  });
}

/** What arrived whole and as named is damaged nevertheless. `why` follows a colon. */
export function corruptBase({ image, short }: Reference, why: string, cause?: unknown): BerthError {
  return new BerthError("image.corrupt", `${short} is damaged in its registry: ${why}.`, {
    path: image,
    hint: `Whoever made it has to push it again. Where apps were built on it before: then \`berth bases update ${short}\`.`,
    ...(cause !== undefined && { cause }),
  });
}
