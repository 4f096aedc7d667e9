import type { Digest } from "@berth/core";

/** A blob that belongs to an image. */
export interface StoredBlob {
  digest: Digest;
  sizeBytes: number;
  /** `base` is a layer of the image it lies on, `referrer` what is known about it: its provenance, its bill of materials. */
  kind: "manifest" | "config" | "layer" | "base" | "referrer";
}

/** An image with all that it takes in the layout. */
export interface StoredImage {
  digest: Digest;
  /** The image that it lies on, as its plan names it; null where it does not say. */
  base: string | null;
  blobs: readonly StoredBlob[];
  /** All blobs together. */
  sizeBytes: number;
  /** What would become free without it: blobs that no other image has. */
  ownBytes: number;
}

/** What the images of an app take. */
export interface AppDiskUse {
  app: string;
  images: number;
  /** Its blobs, each counted once, without bases. */
  sizeBytes: number;
  /** What of it other apps have too. */
  sharedBytes: number;
}

export interface DiskUse {
  apps: AppDiskUse[];
  /** Layers of bases, each counted once for all apps. */
  basesBytes: number;
  /** Blobs of images that no app names, without what apps or bases have. */
  unusedBytes: number;
  totalBytes: number;
}

/** What each app's images take. Images that are not among the stored ones take nothing. */
export function diskUse(apps: ReadonlyMap<string, readonly Digest[]>, stored: readonly StoredImage[]): DiskUse {
  const images = new Map(stored.map((image) => [image.digest, image]));
  const bases = uniqueBlobs(stored, (blob) => blob.kind === "base");
  const blobsByApp = new Map<string, Map<Digest, number>>();
  const appsByBlob = new Map<Digest, number>();
  for (const [app, digests] of apps) {
    const own = uniqueBlobs(
      digests.flatMap((digest) => images.get(digest) ?? []),
      (blob) => !bases.has(blob.digest),
    );
    blobsByApp.set(app, own);
    for (const digest of own.keys()) appsByBlob.set(digest, (appsByBlob.get(digest) ?? 0) + 1);
  }
  const all = uniqueBlobs(stored, () => true);
  const unused = new Map([...all].filter(([digest]) => !bases.has(digest) && !appsByBlob.has(digest)));
  return {
    apps: [...blobsByApp].map(([app, own]) => ({
      app,
      images: new Set(apps.get(app)).intersection(images).size,
      sizeBytes: sum(own),
      sharedBytes: sum(new Map([...own].filter(([digest]) => (appsByBlob.get(digest) ?? 0) > 1))),
    })),
    basesBytes: sum(bases),
    unusedBytes: sum(unused),
    totalBytes: sum(all),
  };
}

function uniqueBlobs(images: readonly StoredImage[], wanted: (blob: StoredBlob) => boolean): Map<Digest, number> {
  const blobs = images.flatMap((image) => image.blobs.filter(wanted));
  return new Map(blobs.map((blob) => [blob.digest, blob.sizeBytes]));
}

function sum(blobs: ReadonlyMap<Digest, number>): number {
  return [...blobs.values()].reduce((total, sizeBytes) => total + sizeBytes, 0);
}
