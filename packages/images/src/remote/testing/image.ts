import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Digest } from "@berth/core";
import { digestOf } from "../../layout/blobs.ts";
import { encodeHeader, paddingBytes } from "../../tar/header.ts";
import type { TestRegistry } from "./registry.ts";

export interface TestLayer {
  blob: Buffer;
  diffId: Digest;
  /** Unless it is that of a gzipped layer. */
  mediaType?: string;
}

/** A gzipped layer with these files. */
export function makeLayer(files: Readonly<Record<string, string | Buffer>>): TestLayer {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const header = {
      name,
      type: "file",
      mode: 0o644,
      sizeBytes: bytes.length,
      mtime: 0,
      target: "",
      owner: 0,
    } as const;
    return [encodeHeader(header), bytes, Buffer.alloc(paddingBytes(bytes.length))];
  });
  const tar = Buffer.concat([...parts, Buffer.alloc(1024)]);
  return { blob: gzipSync(tar), diffId: digestOf(tar) };
}

/** So much that it arrives in many pieces, and cannot be made smaller. */
export function noise(sizeBytes: number): Buffer {
  return randomBytes(sizeBytes);
}

export interface TestImageOptions {
  layers?: readonly TestLayer[];
  platform?: { os: string; architecture: string; variant?: string };
  configMediaType?: string;
  env?: readonly string[];
  annotations?: Record<string, string>;
}

export const gzipLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

export interface TestImage {
  digest: Digest;
  config: Digest;
  layers: readonly Digest[];
  sizeBytes: number;
}

/** Puts an image into a registry, under its digest. */
export function addImage(registry: TestRegistry, options: TestImageOptions = {}): TestImage {
  const layers = options.layers ?? [makeLayer({ "etc/os-release": "ID=test" })];
  const put = (bytes: Buffer) => {
    registry.blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const config = put(
    Buffer.from(
      JSON.stringify({
        ...(options.platform ?? { os: "linux", architecture: "amd64" }),
        config: { Env: options.env ?? ["PATH=/bin"] },
        rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      }),
    ),
  );
  const named = layers.map(({ blob, mediaType }) => ({ mediaType: mediaType ?? gzipLayer, ...put(blob) }));
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: options.configMediaType ?? "application/vnd.oci.image.config.v1+json", ...config },
    layers: named,
    ...(options.annotations && { annotations: options.annotations }),
  };
  const digest = addManifest(registry, manifest, manifestType);
  const sizeBytes = named.reduce((sum, { size }) => sum + size, 0);
  return { digest, config: config.digest, layers: named.map((layer) => layer.digest), sizeBytes };
}

/** Puts an index of manifests into a registry. */
export function addIndex(registry: TestRegistry, entries: readonly { digest: Digest; platform?: object }[]): Digest {
  const manifests = entries.map(({ digest, platform }) => {
    const known = registry.manifests.get(digest);
    return { mediaType: known?.mediaType, digest, size: known?.bytes.length, ...(platform && { platform }) };
  });
  return addManifest(registry, { schemaVersion: 2, mediaType: indexType, manifests }, indexType);
}

export function addManifest(registry: TestRegistry, manifest: object, mediaType: string): Digest {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest = digestOf(bytes);
  registry.manifests.set(digest, { mediaType, bytes });
  return digest;
}

/** Gives what a registry has under a digest a tag, too. */
export function addTag(registry: TestRegistry, tag: string, digest: Digest): void {
  const manifest = registry.manifests.get(digest);
  if (manifest !== undefined) registry.manifests.set(tag, manifest);
}
