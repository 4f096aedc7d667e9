import { mkdir } from "node:fs/promises";
import { systemClock } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import { makeBlobStore } from "../../layout/blob-store.ts";
import { freeBytesOf, makeDiskSpace } from "../../layout/disk-space.ts";
import type { DiskSpace } from "../../layout/disk-space.ts";
import { makePaths } from "../../layout/paths.ts";
import { makeReferrers } from "../../layout/referrers.ts";
import type { Referrers } from "../../layout/referrers.ts";

/** The layout of a home, without all that makes images in it. */
export interface TestLayout {
  blobs: BlobStore;
  referrers: Referrers;
  space: DiskSpace;
}

export async function openLayout(home: string, freeBytes?: () => Promise<number>): Promise<TestLayout> {
  const paths = makePaths(home);
  for (const folder of [paths.blobs, paths.drafts]) await mkdir(folder, { recursive: true });
  const space = makeDiskSpace(freeBytes ?? (() => freeBytesOf(home)));
  return { blobs: makeBlobStore(paths, systemClock), referrers: makeReferrers(paths), space };
}
