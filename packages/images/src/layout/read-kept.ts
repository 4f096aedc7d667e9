import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";
import type { BlobStore } from "./blob-store.ts";

/** A small blob, which counts as used now; null where it is not there. One that is not what its digest says is set aside, and so not there either. */
export async function readKept(blobs: BlobStore, digest: Digest): Promise<Buffer | null> {
  if (!(await blobs.touch(digest))) return null;
  try {
    return await blobs.readWhole(digest);
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    if (error.code === "image.corrupt") await blobs.setAside(digest);
    else if (error.code !== "image.not-found") throw error;
    return null;
  }
}
