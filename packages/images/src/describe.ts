import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";
import type { BlobStore } from "./layout/blob-store.ts";

/** A layer as an image names it. */
export interface DescribedLayer {
  mediaType: string;
  /** Of the blob. */
  digest: Digest;
  /** Of the plain archive in it. */
  diffId: Digest;
  sizeBytes: number;
}

/** What a manifest in the layout says: of an image of ours, or of a base. */
export interface ImageDescription {
  digest: Digest;
  mediaType: string;
  /** The configuration's digest, by which Docker knows an image, and its bytes. */
  configDigest: Digest;
  config: Uint8Array;
  /** From the lowest to the uppermost. */
  layers: readonly DescribedLayer[];
  annotations: Readonly<Record<string, string>>;
}

interface AnyManifest {
  mediaType?: string;
  config?: { digest: Digest };
  layers?: readonly { mediaType: string; digest: Digest; size: number }[];
  annotations?: Record<string, string>;
}

/** Reads a manifest and its configuration. Throws `image.not-found`, `image.corrupt`, and `image.unfit` for a list of images. */
export async function describeImage(blobs: BlobStore, digest: Digest): Promise<ImageDescription> {
  const manifest: AnyManifest = JSON.parse((await blobs.readWhole(digest)).toString());
  if (manifest.config === undefined || manifest.layers === undefined) {
    throw new BerthError("image.unfit", `${digest} is a list of images and no image.`, {
      path: digest,
      hint: "Name the image of one platform.",
    });
  }
  const config = await blobs.readWhole(manifest.config.digest);
  const { rootfs }: { rootfs: { diff_ids: Digest[] } } = JSON.parse(config.toString());
  return {
    digest,
    mediaType: manifest.mediaType ?? "application/vnd.oci.image.manifest.v1+json",
    configDigest: manifest.config.digest,
    config,
    layers: manifest.layers.map(({ mediaType, digest: layer, size }, index) => ({
      mediaType,
      digest: layer,
      diffId: rootfs.diff_ids[index] ?? layer,
      sizeBytes: size,
    })),
    annotations: manifest.annotations ?? {},
  };
}
