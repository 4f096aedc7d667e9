import { canonicalJson, makeArgv } from "@berth/core";
import type { Command, Digest, Platform } from "@berth/core";
import type { Layer } from "./layer/entry.ts";
import { digestOf } from "./layout/blobs.ts";

/** Folder of an image that the app lies in, and where its command starts. */
export const appFolder = "app";
/** Folder of an image for what Berth itself adds. */
export const supportFolder = "berth";

export interface ImageSpec {
  /** From the lowest to the uppermost. */
  layers: readonly Layer[];
  platform: Platform;
  /** The image it is meant to lie on; its own layers are not in it. */
  base: { image: string; digest: string | null };
  command: Command;
  env: Readonly<Record<string, string>>;
  /** Folders that the app writes to while running, relative to the app's. */
  writable: readonly string[];
  /** Further facts that depend on the content alone. */
  annotations: Readonly<Record<string, string>>;
}

export const manifestMediaType = "application/vnd.oci.image.manifest.v1+json";
export const configMediaType = "application/vnd.oci.image.config.v1+json";
const writableLabel = "dev.berth.writable";
const libcLabel = "dev.berth.libc";

export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
}

export interface Manifest {
  schemaVersion: 2;
  mediaType: typeof manifestMediaType;
  config: Descriptor;
  layers: readonly Descriptor[];
  annotations: Record<string, string>;
}

export interface ImageConfig {
  architecture: string;
  os: string;
  config: { Env: string[]; Cmd: string[]; WorkingDir: string; Labels: Record<string, string> };
  rootfs: { type: "layers"; diff_ids: Digest[] };
}

export interface MadeImage {
  digest: Digest;
  manifest: Manifest;
  manifestText: string;
  config: ImageConfig;
  configText: string;
  /** All blobs together. */
  sizeBytes: number;
}

/** The manifest and the configuration of an image: equal specs, equal bytes, so no time and no name of whoever made it. Source: OCI image-spec, manifest.md and config.md. */
export function makeImage(spec: ImageSpec): MadeImage {
  const config: ImageConfig = {
    architecture: spec.platform.architecture,
    os: spec.platform.os,
    config: {
      // `$VAR` in a command is filled in by whoever starts an instance, so it stays as it is here.
      Cmd: "argv" in spec.command ? spec.command.argv : makeArgv(spec.command, {}),
      Env: Object.entries(spec.env)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
      Labels: {
        [libcLabel]: spec.platform.libc ?? "",
        [writableLabel]: JSON.stringify([...spec.writable].sort()),
      },
      WorkingDir: `/${appFolder}`,
    },
    rootfs: { type: "layers", diff_ids: spec.layers.map((layer) => layer.diffId) },
  };
  const configText = canonicalJson(config);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: { mediaType: configMediaType, digest: digestOf(configText), size: Buffer.byteLength(configText) },
    layers: spec.layers.map(({ mediaType, digest, sizeBytes }) => ({ mediaType, digest, size: sizeBytes })),
    annotations: {
      ...spec.annotations,
      "org.opencontainers.image.base.name": spec.base.image,
      ...(spec.base.digest === null ? {} : { "org.opencontainers.image.base.digest": spec.base.digest }),
    },
  };
  const manifestText = canonicalJson(manifest);
  const parts = [manifest.config, ...manifest.layers];
  return {
    digest: digestOf(manifestText),
    manifest,
    manifestText,
    config,
    configText,
    sizeBytes: parts.reduce((sum, part) => sum + part.size, Buffer.byteLength(manifestText)),
  };
}

/** The folders that stay writable, as paths of the image. */
export function writableFolders(config: ImageConfig): string[] {
  const folders: string[] = JSON.parse(config.config.Labels[writableLabel] ?? "[]");
  return folders.map((folder) => (folder === "." ? appFolder : `${appFolder}/${folder}`));
}
