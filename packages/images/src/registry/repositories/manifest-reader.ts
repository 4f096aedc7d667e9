import { BerthError, type Digest } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import type { AnyDigest } from "../names.ts";
import type { Aliases } from "./aliases.ts";
import { type ManifestContent, maxManifestBytes, parseManifest } from "./manifest-content.ts";

/** What a manifest in the layout consists of; what is not in the layout is left out. */
export interface ManifestParts {
  mediaType: string;
  blobs: readonly Digest[];
  manifests: readonly Digest[];
}

/** Reads manifests of the layout; what they consist of is remembered, for it never changes. */
export interface ManifestReader {
  /** Null where the layout has no such manifest, or a damaged one. */
  content(digest: Digest): Promise<ManifestContent | null>;
  parts(digest: Digest): Promise<ManifestParts | null>;
}

/** So many names of parts are remembered: a manifest that somebody pushed may have thousands. */
const maxRemembered = 100_000;

export function makeManifestReader(deps: { blobs: BlobStore; aliases: Aliases }): ManifestReader {
  const { blobs, aliases } = deps;
  const remembered = new Map<Digest, ManifestParts>();
  let rememberedNames = 0;

  async function content(digest: Digest): Promise<ManifestContent | null> {
    const sizeBytes = await blobs.sizeBytes(digest);
    if (sizeBytes === null || sizeBytes > maxManifestBytes) return null;
    try {
      return parseManifest(await blobs.readWhole(digest));
    } catch (error) {
      if (error instanceof BerthError && error.code.startsWith("image.")) return null;
      throw error;
    }
  }

  async function resolve(named: readonly { digest: AnyDigest }[]): Promise<Digest[]> {
    const found = await Promise.all(named.map(({ digest }) => aliases.resolve(digest)));
    return [...new Set(found.filter((digest) => digest !== null))];
  }

  function remember(digest: Digest, parts: ManifestParts): void {
    if (remembered.has(digest)) return;
    remembered.set(digest, parts);
    rememberedNames += namesIn(parts);
    for (const [oldest, its] of remembered) {
      if (rememberedNames <= maxRemembered) break;
      remembered.delete(oldest);
      rememberedNames -= namesIn(its);
    }
  }

  return {
    content,
    async parts(digest) {
      const known = remembered.get(digest);
      if (known !== undefined) return known;
      const read = await content(digest);
      if (read === null) return null;
      const parts: ManifestParts = {
        mediaType: read.mediaType ?? "application/vnd.oci.image.manifest.v1+json",
        blobs: await resolve(read.blobs),
        manifests: await resolve(read.manifests),
      };
      remember(digest, parts);
      return parts;
    },
  };
}

/** With its own. */
function namesIn({ blobs, manifests }: ManifestParts): number {
  return 1 + blobs.length + manifests.length;
}
