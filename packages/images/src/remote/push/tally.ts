import type { Digest } from "@berth/core";
import type { UploadedBlob } from "./upload.ts";

export interface PushProgress {
  doneBlobs: number;
  blobs: number;
}

/** What a push has done so far. */
export interface Tally {
  /** Blobs that were sent. */
  uploaded: UploadedBlob[];
  /** Blobs that the registry took over from another repository. */
  mounted: Digest[];
  /** Blobs that were there already. */
  present: Digest[];
  /** Manifests that were put. */
  manifests: Digest[];
  /** So many more blobs are to be there. */
  expect(blobs: number): void;
  count(blob: UploadedBlob, outcome: "uploaded" | "mounted" | "present"): void;
}

export function makeTally(tell: (progress: PushProgress) => void): Tally {
  let expected = 0;
  const tally: Tally = {
    uploaded: [],
    mounted: [],
    present: [],
    manifests: [],
    expect: (blobs) => void (expected += blobs),
    count({ digest, sizeBytes }, outcome) {
      if (outcome === "uploaded") tally.uploaded.push({ digest, sizeBytes });
      else tally[outcome].push(digest);
      tell({ doneBlobs: tally.uploaded.length + tally.mounted.length + tally.present.length, blobs: expected });
    },
  };
  return tally;
}
