import { canonicalJson, makeArgv } from "@berth/core";
import type { BaseImage, Command, Digest, Platform } from "@berth/core";
import type { Base } from "./base.ts";
import { layerMediaTypes } from "./layer/compression.ts";
import { instanceOwner } from "./layer/entry.ts";
import type { Layer } from "./layer/entry.ts";
import { digestOf } from "./layout/blobs.ts";

/** Folder of an image that the app lies in, and where its command starts. */
export const appFolder = "app";
/** Folder of an image for what Berth itself adds. */
export const supportFolder = "berth";

export interface ImageSpec {
  /** What lies above the base, from the lowest to the uppermost. */
  layers: readonly Layer[];
  platform: Platform;
  /** What it lies on: the layers of it come first. Null where it holds no base, and can run only where the machine stands for one. */
  on: Base | null;
  /** The image it is meant to lie on, as its plan names it. */
  base: BaseImage;
  command: Command;
  /** On top of the base's environment. */
  env: Readonly<Record<string, string>>;
  /** Folders, relative to the app's, whose programs come first in PATH. */
  programs: readonly string[];
  /** Folders that the app writes to while running, relative to the app's. */
  writable: readonly string[];
  /** Further facts that depend on the content alone. */
  annotations: Readonly<Record<string, string>>;
}

export const manifestMediaType = "application/vnd.oci.image.manifest.v1+json";
export const indexMediaType = "application/vnd.oci.image.index.v1+json";
export const configMediaType = "application/vnd.oci.image.config.v1+json";
const writableLabel = "dev.berth.writable";
const programsLabel = "dev.berth.programs";
/** On images that were not made of layers of ours: what runs in containers alone. */
export const foreignAnnotation = "dev.berth.foreign";
/** The base's name, on every image of ours. */
export const baseNameAnnotation = "org.opencontainers.image.base.name";
/** How many of a manifest's layers are the base's; absent where it holds none. */
const baseLayersAnnotation = "dev.berth.base.layers";
const instanceUser = `${instanceOwner}:${instanceOwner}`;
/** What programs are searched in where an image says nothing. */
const plainPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
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
  config: { User: string; Env: string[]; Cmd: string[]; WorkingDir: string; Labels: Record<string, string> };
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
  const baseLayers = spec.on?.layers ?? [];
  const layers = [...baseLayers, ...spec.layers];
  const baseDigest = spec.on?.digest ?? spec.base.digest;
  const config: ImageConfig = {
    architecture: spec.platform.architecture,
    os: spec.platform.os,
    config: {
      // `$VAR` in a command is filled in by whoever starts an instance, so it stays as it is here.
      Cmd: "argv" in spec.command ? spec.command.argv : makeArgv(spec.command, {}),
      Env: makeEnv(spec),
      Labels: {
        [libcLabel]: spec.platform.libc ?? "",
        [programsLabel]: JSON.stringify(spec.programs),
        [writableLabel]: JSON.stringify([...spec.writable].sort()),
      },
      User: instanceUser,
      WorkingDir: `/${appFolder}`,
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
  };
  const configText = canonicalJson(config);
  const annotations = {
    ...spec.annotations,
    [baseNameAnnotation]: spec.base.image,
    ...(baseDigest === null ? {} : { "org.opencontainers.image.base.digest": baseDigest }),
    ...(spec.on === null ? {} : { [baseLayersAnnotation]: String(baseLayers.length) }),
  };
  return { ...makeManifest(configText, layers, annotations), config, configText };
}

/** The manifest of a configuration and layers. */
export function makeManifest(
  configText: string,
  layers: readonly Layer[],
  annotations: Record<string, string>,
): Omit<MadeImage, "config" | "configText"> {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: { mediaType: configMediaType, digest: digestOf(configText), size: Buffer.byteLength(configText) },
    layers: layers.map(({ mediaType, digest, sizeBytes }) => ({
      mediaType: ociLayerType(mediaType),
      digest,
      size: sizeBytes,
    })),
    annotations,
  };
  const manifestText = canonicalJson(manifest);
  const parts = [manifest.config, ...manifest.layers];
  const sizeBytes = parts.reduce((sum, part) => sum + part.size, Buffer.byteLength(manifestText));
  return { digest: digestOf(manifestText), manifest, manifestText, sizeBytes };
}

/** Docker's name for a layer of a base as OCI's: the bytes are the same, and a manifest of OCI's names its own kinds. */
function ociLayerType(mediaType: string): string {
  return mediaType === "application/vnd.docker.image.rootfs.diff.tar.gzip" ? layerMediaTypes.gzip : mediaType;
}

/** Whether the text of a blob is the manifest of an image, and neither that of a base nor of what refers to an image. */
export function isListable(text: string): boolean {
  const isManifest = text.includes(`"mediaType":"${manifestMediaType}"`);
  return isManifest && (text.includes(`"${baseNameAnnotation}":`) || text.includes(`"${foreignAnnotation}":`));
}

/** Whether an image was made of layers of ours, and so can be unpacked: others may have anything in them. */
export function isOurs(manifest: Partial<Manifest>, config: Partial<ImageConfig>): boolean {
  const { annotations = {} } = manifest;
  const isNamed = annotations[baseNameAnnotation] !== undefined && annotations[foreignAnnotation] === undefined;
  return isNamed && manifest.mediaType === manifestMediaType && config.config?.Labels?.[writableLabel] !== undefined;
}

/** The base's environment with the app's on top, and the app's programs before the base's. */
function makeEnv({ on, env, programs }: ImageSpec): string[] {
  const merged = new Map((on?.env ?? []).map(splitVariable));
  for (const [name, value] of Object.entries(env)) merged.set(name, value);
  if (programs.length > 0) {
    const folders = appPaths(programs).map((folder) => `/${folder}`);
    merged.set("PATH", [...folders, merged.get("PATH") ?? plainPath].join(":"));
  }
  return [...merged].map(([name, value]) => `${name}=${value}`).sort();
}

/** `NAME=value` as its two parts. */
export function splitVariable(line: string): [string, string] {
  const equals = line.indexOf("=");
  return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
}

/** The folders whose programs come first, as absolute paths of the image. Images that do not say so are of a time when these were Node's. */
export function programFolders(config: ImageConfig): string[] {
  const folders: string[] = JSON.parse(config.config.Labels[programsLabel] ?? `["node_modules/.bin"]`);
  return appPaths(folders).map((folder) => `/${folder}`);
}

/** How many of the lowest layers are the base's. */
export function baseLayerCount(manifest: { annotations: Readonly<Record<string, string>> }): number {
  return Number(manifest.annotations[baseLayersAnnotation] ?? 0);
}

/** Folders relative to the app's as paths of the image. */
export function appPaths(folders: readonly string[]): string[] {
  return folders.map((folder) => (folder === "." ? appFolder : `${appFolder}/${folder}`));
}

/** The folders that stay writable, as paths of the image. */
export function writableFolders(config: ImageConfig): string[] {
  return appPaths(JSON.parse(config.config.Labels[writableLabel] ?? "[]"));
}
