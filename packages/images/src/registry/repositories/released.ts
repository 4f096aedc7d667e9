import type { Digest } from "@berth/core";
import type { Referrers } from "../../layout/referrers.ts";
import type { ManifestParts, ManifestReader } from "./manifest-reader.ts";

/** The images of an app's releases, with what Berth states of them (provenance, bill of materials). Nothing is noted for that: the releases say it. */
export interface Released {
  /** All of them, and what they consist of. */
  manifests(): AsyncIterable<Digest>;
  hasManifest(digest: Digest): Promise<boolean>;
  hasBlob(digest: Digest): Promise<boolean>;
  /** What Berth states of one of these images. */
  referrersOf(subject: Digest): Promise<Digest[]>;
}

export interface ReleasedDeps {
  reader: ManifestReader;
  referrers: Pick<Referrers, "list">;
  releaseImages(app: string): Promise<readonly Digest[]>;
}

export const nothingReleased: Released = {
  async *manifests() {},
  hasManifest: async () => false,
  hasBlob: async () => false,
  referrersOf: async () => [],
};

export function makeReleased({ reader, referrers, releaseImages }: ReleasedDeps, app: string): Released {
  /** The images with what they consist of first: nearly every request is for one of those. */
  async function* walk(): AsyncGenerator<{ digest: Digest; parts: ManifestParts }> {
    const seen = new Set<Digest>();
    const found: Digest[] = [];
    async function* visit(digests: readonly Digest[]): AsyncGenerator<{ digest: Digest; parts: ManifestParts }> {
      for (const digest of digests) {
        if (seen.has(digest)) continue;
        seen.add(digest);
        const parts = await reader.parts(digest);
        if (parts === null) continue;
        found.push(digest);
        yield { digest, parts };
        yield* visit(parts.manifests);
      }
    }
    yield* visit(await releaseImages(app));
    // It grows while it is walked: a statement may have statements of its own.
    for (const subject of found) yield* visit(await referrers.list(subject));
  }

  async function some(holds: (found: { digest: Digest; parts: ManifestParts }) => boolean): Promise<boolean> {
    for await (const found of walk()) if (holds(found)) return true;
    return false;
  }

  const hasManifest = (wanted: Digest) => some(({ digest }) => digest === wanted);
  return {
    async *manifests() {
      for await (const { digest } of walk()) yield digest;
    },
    hasManifest,
    hasBlob: (wanted) => some(({ parts }) => parts.blobs.includes(wanted)),
    referrersOf: async (subject) => ((await hasManifest(subject)) ? await referrers.list(subject) : []),
  };
}
