import type { Readable } from "node:stream";
import type { Digest } from "@berth/core";

/** An image that can be given to an engine. */
export interface LoadableImage {
  /** The digest of its configuration: the id by which the engine knows it. */
  id: Digest;
  config: Uint8Array;
  /** From the lowest to the uppermost. */
  layers: readonly LoadableLayer[];
}

export interface LoadableLayer {
  /** Of the plain archive. */
  diffId: Digest;
  /** Says how it is compressed. */
  mediaType: string;
  sizeBytes: number;
  read(): Readable;
}
