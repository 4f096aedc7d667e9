import type { Digest } from "@berth/core";
import type { Images } from "../../images.ts";
import { readKept } from "../../layout/read-kept.ts";
import { makeLimiter } from "../limiter.ts";
import type { BlobDescriptor } from "../manifest/document.ts";
import type { Reach } from "../reach.ts";
import { makeShared } from "../shared.ts";
import { fetchBlob, missingBytes } from "./blob.ts";
import { fetchManifest } from "./manifest.ts";
import type { Reference } from "./reference.ts";

/** Fetches the parts of images into the layout, each once, however many want it at the same time. Throws `PlacesFailed`. */
export interface Parts {
  /** A manifest or index; it is kept by `put` once all that it names is there. */
  manifest(reference: Reference, digest: Digest, signal: AbortSignal): Promise<Buffer>;
  /** A blob, unless it is there. `hear` is told of the bytes that are there, also of those that were. Throws `disk.full` before any of it comes. */
  blob(reference: Reference, blob: BlobDescriptor, signal: AbortSignal, hear: (bytes: number) => void): Promise<void>;
}

export function makeParts(reach: Reach, { blobs, space }: Pick<Images, "blobs" | "space">): Parts {
  const manifests = makeShared<Buffer>();
  const transfers = makeShared<void, number>();
  const limiter = makeLimiter(reach.limits.downloads);

  return {
    async manifest(reference, digest, signal) {
      return manifests.run(
        digest,
        signal,
        () => {},
        async (shared) => (await readKept(blobs, digest)) ?? fetchManifest(reach, reference, digest, shared),
      );
    },
    async blob(reference, blob, signal, hear) {
      let heard = 0;
      const listen = (bytes: number) => {
        heard += bytes;
        hear(bytes);
      };
      await transfers.run(blob.digest, signal, listen, async (shared, report) => {
        if (await blobs.touch(blob.digest)) return;
        // Before it waits for others: what does not fit is told before anything comes.
        const room = await space.hold(await missingBytes(blobs, blob));
        let left = blob.sizeBytes;
        const count = (bytes: number) => {
          left -= bytes;
          room.shrinkTo(left);
          report(bytes);
        };
        await limiter(shared, () => fetchBlob(reach, blobs, reference, blob, shared, count)).finally(room.release);
      });
      // Whoever came later, or found it there, has heard less than all of it.
      if (heard < blob.sizeBytes) hear(blob.sizeBytes - heard);
    },
  };
}
