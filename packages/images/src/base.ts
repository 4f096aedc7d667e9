import type { Digest, Platform } from "@berth/core";
import type { Layer } from "./layer/entry.ts";

/** A base image of which everything is in the layout: what an image made on it takes over. */
export interface Base {
  /** Its name in full. */
  image: string;
  /** What the name stands for: an index of several platforms, or one manifest. */
  digest: Digest;
  /** The manifest of the platform that was chosen; the same as `digest` where there is only one. */
  manifest: Digest;
  platform: Platform;
  /** The version of glibc that it brings, such as `2.36`; null for musl, and where it cannot be told. */
  glibc: string | null;
  /** From the lowest to the uppermost, as the registry has them. Their `files` are not counted and 0. */
  layers: readonly Layer[];
  /** Its environment, as `NAME=value`. */
  env: readonly string[];
}
