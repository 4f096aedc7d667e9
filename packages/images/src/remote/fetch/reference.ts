import { BerthError, parseImageName, qualifiedImage, shortImage } from "@berth/core";
import type { Digest } from "@berth/core";
import { isDigest } from "../manifest/document.ts";
import { hostPattern } from "../places/address.ts";
import { placesOf } from "../places/mirrors.ts";
import type { Mirrors } from "../places/mirrors.ts";
import { registryHost } from "../places/place.ts";
import type { Place } from "../places/place.ts";

/** An image by its name, and everyone who can be asked for it. */
export interface Reference {
  /** In full. */
  image: string;
  /** As people write it. */
  short: string;
  /** The registry's host. */
  registry: string;
  repository: string;
  tag: string;
  /** Set where the name itself says exactly which content it means. */
  digest: Digest | null;
  places: readonly Place[];
}

// As the distribution spec has them.
const repositoryPattern = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** Reads the name of an image. Throws `base.not-found` where no image can have it. */
export function readReference(image: string, mirrors: Mirrors): Reference {
  const { registry, repository, tag, digest } = parseImageName(image);
  const host = registry.toLowerCase();
  const bad =
    !hostPattern.test(host) || !URL.canParse(`https://${host}`)
      ? "the registry"
      : !repositoryPattern.test(repository) || repository.length > 255
        ? "the repository"
        : !tagPattern.test(tag)
          ? "the tag"
          : digest !== null && !isDigest(digest)
            ? "the digest"
            : null;
  if (bad !== null) {
    throw new BerthError("base.not-found", `No image can be called ${JSON.stringify(image)}.`, {
      path: image,
      hint: `Look at ${bad} in it: names are like node:24-slim or registry.example/team/base:1, in lower case.`,
    });
  }
  const places = placesOf(host, mirrors);
  const full = qualifiedImage(image);
  const exact = isDigest(digest) ? digest : null;
  return { image: full, short: shortImage(full), registry: registryHost(host), repository, tag, digest: exact, places };
}
