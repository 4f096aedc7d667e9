import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { Clock, Digest } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import { type AnyDigest, isSha256 } from "../names.ts";
import { makeFacts } from "./facts.ts";

/** Which blob another digest than its SHA-256 means. Knowing that gives no right to it. */
export interface Aliases {
  /** Null for a digest that nothing is known by. */
  resolve(digest: AnyDigest): Promise<Digest | null>;
  /** Whether a blob is what this digest says; from then on it is known by it. */
  check(digest: AnyDigest, blob: Digest): Promise<boolean>;
  /** Forgets those of blobs that are gone. */
  prune(): Promise<void>;
}

export function makeAliases(deps: {
  folder: string;
  drafts: string;
  blobs: BlobStore;
  clock: Pick<Clock, "now">;
}): Aliases {
  const { blobs, clock } = deps;
  const facts = makeFacts(deps.folder, deps.drafts);
  const nameOf = (digest: AnyDigest) => digest.replace(":", "-");

  async function resolve(digest: AnyDigest): Promise<Digest | null> {
    if (isSha256(digest)) return digest;
    const found = await facts.read(nameOf(digest));
    return found !== null && isSha256(found) ? found : null;
  }

  return {
    resolve,
    async check(digest, blob) {
      if (isSha256(digest)) return digest === blob;
      if ((await resolve(digest)) === blob) return true;
      const hash = createHash("sha512");
      await pipeline(blobs.read(blob), hash);
      if (digest !== `sha512:${hash.digest("hex")}`) return false;
      await facts.write(nameOf(digest), blob, clock.now());
      return true;
    },
    async prune() {
      for (const name of await facts.list()) {
        const blob = await facts.read(name);
        if (blob === null || !isSha256(blob) || (await blobs.sizeBytes(blob)) === null) await facts.remove(name);
      }
    },
  };
}
