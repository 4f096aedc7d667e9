import { join } from "node:path";
import type { Digest } from "@berth/core";

/** Where everything of images lies below BERTH_HOME. */
export interface ImagePaths {
  /** The OCI image layout. */
  layout: string;
  blobs: string;
  /** What is being written; whatever is in there at the start was left by a crash. */
  drafts: string;
  /** Blobs that are on their way from elsewhere, by name; they are gone on with after a crash. */
  partial: string;
  /** Which manifests refer to which image. */
  referrers: string;
  /** What is in each layer, see layer/record.ts. */
  records: string;
  /** The plain archives of layers, see layout/archives.ts. */
  archives: string;
  /** Layers by the digest of their plain archive, see layout/diff-ids.ts. */
  diffIds: string;
  /** Read-only copies of images, by digest. */
  unpacked: string;
  /** Contents of files, shared by the copies through hard links. */
  pool: string;
}

export function makePaths(home: string): ImagePaths {
  const layout = join(home, "images");
  return {
    layout,
    blobs: join(layout, "blobs", "sha256"),
    drafts: join(layout, "drafts"),
    partial: join(layout, "partial"),
    referrers: join(layout, "referrers"),
    records: join(home, "cache", "layers"),
    archives: join(home, "cache", "archives"),
    diffIds: join(home, "cache", "diff-ids"),
    unpacked: join(home, "unpacked"),
    pool: join(home, "files"),
  };
}

/** The hex digits of a digest; refuses what is none, since it becomes part of a path. */
export function hexOf(digest: Digest): string {
  const found = /^sha256:([0-9a-f]{64})$/.exec(digest);
  if (found?.[1] === undefined) throw new TypeError(`not a digest: ${JSON.stringify(digest)}`);
  return found[1];
}

export function blobPath(paths: ImagePaths, digest: Digest): string {
  return join(paths.blobs, hexOf(digest));
}
