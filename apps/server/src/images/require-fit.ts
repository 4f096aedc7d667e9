import { BerthError, type Digest, imageNeeds, type RunPlace, unfitHint, unfitReason } from "@berth/core";

/** Refuses an image that was built for another place rather than have it started to crash. Throws `image.unfit`. */
export function requireFit(digest: Digest, annotations: Readonly<Record<string, string>>, place: RunPlace): void {
  const why = unfitReason(imageNeeds(annotations, place.platform), place);
  if (why === null) return;
  throw new BerthError("image.unfit", `The image does not run with ${place.name}: ${why}`, {
    path: digest,
    hint: unfitHint,
  });
}
