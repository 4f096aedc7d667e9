import { type AnyDigest, isDigest } from "../names.ts";
import { RegistryError } from "../registry-error.ts";

/** Of one image or artifact, or an index of several. */
export type ManifestKind = "image" | "index";

/** The manifests that are taken, by their media type. */
export const manifestKinds: Readonly<Record<string, ManifestKind>> = {
  "application/vnd.oci.image.manifest.v1+json": "image",
  "application/vnd.docker.distribution.manifest.v2+json": "image",
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
};

/** The largest manifest that is taken: what the distribution spec asks registries to take at least. */
export const maxManifestBytes = 4 * 2 ** 20;

/** The most that one list of a manifest may name: each has to be looked for. No engine takes an image of more than 127 layers. */
const maxNamed = 2_000;

export interface NamedContent {
  mediaType: string;
  digest: AnyDigest;
  sizeBytes: number;
  /** By its licence it is not to be handed out: clients fetch it elsewhere. */
  isElsewhere: boolean;
}

/** What a manifest says, as far as a registry has to know. */
export interface ManifestContent {
  kind: ManifestKind;
  /** Null where it does not say, as the OCI spec allows. */
  mediaType: string | null;
  blobs: readonly NamedContent[];
  manifests: readonly NamedContent[];
  subject: AnyDigest | null;
  /** What kind of thing it is: its own word, or the type of its configuration. */
  artifactType: string | null;
  annotations: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a manifest. Throws `MANIFEST_INVALID` that names the place. Sources: OCI image-spec 1.1 manifest.md and image-index.md; Docker's schema 2. */
export function parseManifest(bytes: Uint8Array): ManifestContent {
  const manifest = readObject(parseJson(bytes), "the manifest");
  if (manifest["schemaVersion"] !== 2) throw invalid("schemaVersion has to be 2.");
  const mediaType = readOptionalText(manifest, "mediaType");
  const isIndex = mediaType === null ? "manifests" in manifest : manifestKinds[mediaType] === "index";
  const artifactType = readOptionalText(manifest, "artifactType");
  const common = {
    mediaType,
    subject: "subject" in manifest ? readDescriptor(manifest["subject"], "subject").digest : null,
    annotations: readAnnotations(manifest),
  };
  // One text must not be an image to one reader and an index to another (CVE-2021-41190).
  const foreign = (isIndex ? ["config", "layers"] : ["manifests"]).find((key) => key in manifest);
  if (foreign !== undefined) throw invalid(`${isIndex ? "An index" : "An image"} has no ${foreign}.`);
  if (isIndex) {
    return {
      ...common,
      kind: "index",
      blobs: [],
      manifests: readDescriptors(manifest["manifests"], "manifests"),
      artifactType,
    };
  }
  const config = readDescriptor(manifest["config"], "config");
  return {
    ...common,
    kind: "image",
    blobs: [config, ...readDescriptors(manifest["layers"], "layers")],
    manifests: [],
    artifactType: artifactType ?? config.mediaType,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid("It is not JSON.", error);
  }
}

function readDescriptors(value: unknown, path: string): NamedContent[] {
  if (!Array.isArray(value)) throw invalid(`${path} has to be a list.`);
  if (value.length > maxNamed) throw invalid(`${path} has more than ${maxNamed} parts.`);
  return value.map((item: unknown, index) => readDescriptor(item, `${path}[${index}]`));
}

function readDescriptor(value: unknown, path: string): NamedContent {
  const descriptor = readObject(value, path);
  const { mediaType, digest, size } = descriptor;
  if (typeof mediaType !== "string" || mediaType === "") throw invalid(`${path}.mediaType has to be a text.`);
  if (typeof digest !== "string" || !isDigest(digest)) throw invalid(`${path}.digest is not a digest.`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw invalid(`${path}.size is not a size.`);
  return { mediaType, digest, sizeBytes: size, isElsewhere: /\.(nondistributable|foreign)\./.test(mediaType) };
}

function readAnnotations(manifest: Json): Record<string, string> {
  const found = manifest["annotations"] ?? {};
  const entries = Object.entries(readObject(found, "annotations"));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== "string") throw invalid(`annotations: ${JSON.stringify(name)} has to be a text.`);
      return [name, value];
    }),
  );
}

function readOptionalText(manifest: Json, key: string): string | null {
  const value = manifest[key] ?? null;
  if (value === null || typeof value === "string") return value === "" ? null : value;
  throw invalid(`${key} has to be a text.`);
}

function readObject(value: unknown, path: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw invalid(`${path} has to be an object.`);
}

function invalid(why: string, cause?: unknown): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `The manifest cannot be taken: ${why}`, { cause });
}
