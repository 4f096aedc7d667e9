import { createHash } from "node:crypto";
import type { Digest } from "@berth/core";
import type { LoadableImage, LoadableLayer } from "@berth/docker";
import type { Base, Images, Layer } from "@berth/images";
import { buildLabel } from "./deps.ts";

interface ConfigFile {
  config?: { Labels?: Record<string, string> | null };
  rootfs: { diff_ids: Digest[] };
  history?: { empty_layer?: boolean }[];
}

/** A base, with further layers on top of it, as an image that an engine takes. It carries the installation's label. */
export async function makeLoadable(
  images: Pick<Images, "describe" | "blobs">,
  base: Base,
  above: readonly Layer[],
  installation: string,
): Promise<LoadableImage> {
  const described = await images.describe(base.manifest);
  const config: ConfigFile = JSON.parse(Buffer.from(described.config).toString());
  const made: ConfigFile = {
    ...config,
    config: { ...config.config, Labels: { [buildLabel]: installation } },
    rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, ...above.map((layer) => layer.diffId)] },
    ...(config.history !== undefined && { history: [...config.history, ...above.map(() => ({}))] }),
  };
  const bytes = Buffer.from(JSON.stringify(made));
  const layers = [...described.layers, ...above].map(({ digest, diffId, mediaType, sizeBytes }): LoadableLayer => ({
    digest,
    diffId,
    mediaType,
    sizeBytes,
    read: () => images.blobs.read(digest),
  }));
  return { id: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, config: bytes, layers };
}
