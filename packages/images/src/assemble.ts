import { BerthError, canonicalJson } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import { allDone } from "./all-done.ts";
import { describeImage } from "./describe.ts";
import type { Layer } from "./layer/entry.ts";
import type { BlobStore } from "./layout/blob-store.ts";
import { digestOf, putBlob } from "./layout/blobs.ts";
import type { DiffIds } from "./layout/diff-ids.ts";
import type { ImageIndex } from "./layout/index-file.ts";
import type { ImagePaths } from "./layout/paths.ts";
import { makeImage, makeManifest, foreignAnnotation, indexMediaType, manifestMediaType } from "./manifest.ts";
import type { ImageSpec, MadeImage } from "./manifest.ts";
import type { makeUnpacker } from "./unpack/unpack.ts";

/** An image that an engine has made: its configuration as it is, with `rootfs.diff_ids` of its layers. */
export interface ForeignImageSpec {
  config: Readonly<Record<string, unknown>>;
  /** All of its layers, from the lowest to the uppermost. */
  layers: readonly Layer[];
  annotations: Readonly<Record<string, string>>;
}

export interface AssembledImage {
  digest: Digest;
  /** All blobs together. */
  sizeBytes: number;
}

export interface AssembleDeps {
  paths: ImagePaths;
  clock: Pick<Clock, "now">;
  blobs: BlobStore;
  index: ImageIndex;
  diffIds: DiffIds;
  unpacker: ReturnType<typeof makeUnpacker>;
  /** Resolves when a layer is safe on the disk; throws `image.not-found`. */
  settle(layer: Digest): Promise<void>;
}

/** Makes images of layers. When one resolves, it is safe on the disk and listed. */
export function makeAssembler(deps: AssembleDeps) {
  const { paths, clock, index } = deps;

  async function write(made: Pick<MadeImage, "digest" | "manifestText" | "configText">, layers: readonly Layer[]) {
    await allDone([
      putBlob(paths, made.configText, clock.now()),
      ...layers.map((layer) => deps.settle(layer.digest)),
      ...layers.map((layer) => deps.diffIds.add(layer)),
    ]);
    // The manifest last: where it is, all that it names is there.
    await putBlob(paths, made.manifestText, clock.now());
    await index.add({
      mediaType: manifestMediaType,
      digest: made.digest,
      size: Buffer.byteLength(made.manifestText),
    });
  }

  return {
    /** Makes an image with an unpacked copy. `lineage` names what it is the next image of. */
    async assemble(spec: ImageSpec, lineage: string | null): Promise<AssembledImage> {
      const made = makeImage(spec);
      // The copy needs no flush to the disk, so it is made while the layers get theirs.
      const copy = spec.on === null ? deps.unpacker.unpack(made, lineage) : null;
      await allDone([copy, write(made, [...(spec.on?.layers ?? []), ...spec.layers])]);
      return { digest: made.digest, sizeBytes: made.sizeBytes };
    },

    /** Makes an image of what an engine has made. It runs in containers alone. */
    async assembleForeign({ config, layers, annotations }: ForeignImageSpec): Promise<AssembledImage> {
      checkDiffIds(config, layers);
      const configText = canonicalJson(config);
      const made = makeManifest(configText, layers, { ...annotations, [foreignAnnotation]: "true" });
      await write({ ...made, configText }, layers);
      return { digest: made.digest, sizeBytes: made.sizeBytes };
    },

    /** Makes an image index of one image for each platform. Throws `image.not-found`. Source: OCI image-spec, image-index.md. */
    async assembleIndex(digests: readonly Digest[]): Promise<AssembledImage> {
      const manifests = await Promise.all(digests.map((digest) => describePlatform(deps.blobs, digest)));
      const text = canonicalJson({
        schemaVersion: 2,
        mediaType: indexMediaType,
        manifests: manifests.map((m) => m.descriptor),
      });
      const digest = await putBlob(paths, text, clock.now());
      const size = Buffer.byteLength(text);
      await index.add({ mediaType: indexMediaType, digest, size });
      return { digest, sizeBytes: manifests.reduce((sum, { sizeBytes }) => sum + sizeBytes, size) };
    },
  };
}

async function describePlatform(blobs: BlobStore, digest: Digest) {
  const { mediaType, config, layers } = await describeImage(blobs, digest);
  const { os, architecture, variant }: { os: string; architecture: string; variant?: string } = JSON.parse(
    Buffer.from(config).toString(),
  );
  const size = (await blobs.sizeBytes(digest)) ?? 0;
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, size + config.length);
  return { descriptor: { mediaType, digest, size, platform }, sizeBytes };
}

/** Throws `image.corrupt` unless a configuration names exactly these layers. */
function checkDiffIds(config: Readonly<Record<string, unknown>>, layers: readonly Layer[]): void {
  const rootfs: unknown = config["rootfs"];
  const named: unknown = typeof rootfs === "object" && rootfs !== null && "diff_ids" in rootfs ? rootfs.diff_ids : null;
  const given = layers.map((layer) => layer.diffId);
  if (canonicalJson(named) === canonicalJson(given)) return;
  throw new BerthError("image.corrupt", "The image that the engine has made has other layers than it names.", {
    path: digestOf(canonicalJson(config)),
    hint: "Build it again.",
    details: [`named: ${canonicalJson(named)}`, `given: ${given.join(", ")}`],
  });
}
