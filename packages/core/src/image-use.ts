import type { Digest } from "./artifact.ts";

/** A release's service that runs an image. */
export interface ImageUser {
  app: string;
  environment: string;
  version: number;
  service: string;
  /** Whether the release is live. */
  live: boolean;
}

/** An image of this installation, who needs it, and what it takes. */
export interface ImageSummary {
  digest: Digest;
  /** Newest releases first; empty: nothing names it, and it goes with the next tidying. */
  users: readonly ImageUser[];
  /** The image that it lies on; null where it has none in it. */
  base: string | null;
  /** All that it consists of, compressed. */
  sizeBytes: number;
  /** What would become free without it. */
  ownBytes: number;
}

/** What the images of an app take on the disk. */
export interface AppImages {
  app: string;
  images: number;
  /** Each blob once, without bases. */
  sizeBytes: number;
  /** What of it other apps have too. */
  sharedBytes: number;
}

/** What all images take on the disk. */
export interface ImagesReport {
  images: readonly ImageSummary[];
  apps: readonly AppImages[];
  /** Layers of base images, each once for all apps. */
  basesBytes: number;
  /** Images that nothing names any more. */
  unusedBytes: number;
  /** The whole store of images. */
  blobsBytes: number;
  /** What can be made again: plain archives of layers. */
  cacheBytes: number;
  /** Copies that processes run. */
  unpackedBytes: number;
}

/** The images of this installation. */
export interface ImageLibrary {
  /** Of one app, or of all. */
  report(app: string | null): Promise<ImagesReport>;
  /** Removes what no release needs any more, and says what became free. */
  prune(): Promise<{ images: number; freedBytes: number }>;
}
