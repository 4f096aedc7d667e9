import type { Digest } from "@berth/core";
import { isRecord } from "../http/refusal.ts";
import { indexTypes, manifestTypes } from "./media-types.ts";

export interface BlobDescriptor {
  mediaType: string;
  digest: Digest;
  sizeBytes: number;
}

/** What an entry of an index says of where it runs; null where it does not say. */
export interface ManifestPlatform {
  os: string;
  architecture: string;
  variant: string | null;
}

export interface IndexEntry extends BlobDescriptor {
  platform: ManifestPlatform | null;
}

/** What a registry keeps under a tag or a digest, as far as an image needs it. */
export type ManifestDocument =
  | { kind: "index"; mediaType: string; entries: readonly IndexEntry[] }
  | { kind: "manifest"; mediaType: string; config: BlobDescriptor; layers: readonly BlobDescriptor[] }
  /** Something that is no image, and why. */
  | { kind: "other"; why: string };

const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && digestPattern.test(value);
}

/**
 * Reads a manifest or an index by what it contains: the header of an answer may say something else, and then two readers would see two
 * images in it (CVE-2021-41190). Sources: OCI image-spec, image-index.md and manifest.md; Docker image manifest v2, schema 2.
 */
export function readManifest(bytes: Uint8Array): ManifestDocument {
  const value = parseJson(bytes);
  if (!isRecord(value)) return other("what its registry has is no manifest");
  const { mediaType, manifests, layers, config, schemaVersion, fsLayers } = value;
  if (schemaVersion === 1 || fsLayers !== undefined)
    return other(
      "it is in the first format of Docker's manifests, which has been out of use since 2017: push it again with a current Docker",
    );
  if (manifests !== undefined && (layers !== undefined || config !== undefined))
    return other("its manifest is an image and an index at once");
  if (Array.isArray(manifests)) {
    if (!isOneOf(mediaType, indexTypes)) return other(`its manifest is of the kind ${JSON.stringify(mediaType)}`);
    const entries = manifests.map(readEntry);
    if (entries.includes(null)) return other("its index names what cannot be a manifest");
    return { kind: "index", mediaType: mediaType ?? indexTypes[0], entries: entries.filter((entry) => entry !== null) };
  }
  if (!isOneOf(mediaType, manifestTypes)) return other(`its manifest is of the kind ${JSON.stringify(mediaType)}`);
  const read = { config: readDescriptor(config), layers: Array.isArray(layers) ? layers.map(readDescriptor) : [null] };
  if (read.config === null || read.layers.includes(null)) return other("its manifest does not name its parts");
  const kept = read.layers.filter((layer) => layer !== null);
  return { kind: "manifest", mediaType: mediaType ?? manifestTypes[0], config: read.config, layers: kept };
}

/** What a configuration says that Berth needs; null where it is none. Source: OCI image-spec, config.md. */
export interface ConfigDocument {
  platform: ManifestPlatform;
  env: readonly string[];
  diffIds: readonly Digest[];
}

export function readConfig(bytes: Uint8Array): ConfigDocument | null {
  const value = parseJson(bytes);
  if (!isRecord(value) || !isRecord(value["rootfs"])) return null;
  const platform = readPlatform(value);
  const diffIds = value["rootfs"]["diff_ids"];
  const env = isRecord(value["config"]) ? value["config"]["Env"] : [];
  if (platform === null || !Array.isArray(diffIds) || !diffIds.every(isDigest)) return null;
  return { platform, diffIds, env: Array.isArray(env) ? env.filter((one) => typeof one === "string") : [] };
}

function readEntry(value: unknown): IndexEntry | null {
  const descriptor = readDescriptor(value);
  if (descriptor === null || !isRecord(value)) return null;
  return { ...descriptor, platform: readPlatform(value["platform"]) };
}

function readPlatform(value: unknown): ManifestPlatform | null {
  if (!isRecord(value)) return null;
  const { os, architecture, variant } = value;
  if (typeof os !== "string" || typeof architecture !== "string") return null;
  return { os, architecture, variant: typeof variant === "string" && variant !== "" ? variant : null };
}

function readDescriptor(value: unknown): BlobDescriptor | null {
  if (!isRecord(value)) return null;
  const { mediaType, digest, size } = value;
  if (!isDigest(digest) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return null;
  return { mediaType: typeof mediaType === "string" ? mediaType : "", digest, sizeBytes: size };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}

/** Not every manifest says its own kind. */
function isOneOf(value: unknown, types: readonly string[]): value is string | undefined {
  return value === undefined || types.includes(value as string);
}

function other(why: string): ManifestDocument {
  return { kind: "other", why };
}
