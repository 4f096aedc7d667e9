import { mkdir } from "node:fs/promises";
import { systemClock } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import { makeBlobStore } from "../../layout/blob-store.ts";
import { makePaths } from "../../layout/paths.ts";
import { makeReferrers } from "../../layout/referrers.ts";
import type { Referrers } from "../../layout/referrers.ts";

/** The layout of a home, without all that makes images in it. */
export async function openLayout(home: string): Promise<{ blobs: BlobStore; referrers: Referrers }> {
  const paths = makePaths(home);
  for (const folder of [paths.blobs, paths.drafts]) await mkdir(folder, { recursive: true });
  return { blobs: makeBlobStore(paths, systemClock), referrers: makeReferrers(paths) };
}
