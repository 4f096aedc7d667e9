import type { Readable } from "node:stream";
import type { Digest } from "@berth/core";

/** An image that can be given to an engine. */
export interface LoadableImage {
  /** The digest of its configuration: the id by which an engine knows it. */
  id: Digest;
  config: Uint8Array;
  /** From the lowest to the uppermost. */
  layers: readonly LoadableLayer[];
}

export interface LoadableLayer {
  /** Of the blob that `read` gives. */
  digest: Digest;
  /** Of the plain archive in it. */
  diffId: Digest;
  /** Says how it is compressed. */
  mediaType: string;
  /** Of the blob. */
  sizeBytes: number;
  read(): Readable;
}
