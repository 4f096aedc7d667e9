import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import { isListable, manifestMediaType } from "../manifest.ts";
import type { Descriptor } from "../manifest.ts";
import { writeDurably } from "./blobs.ts";
import type { ImagePaths } from "./paths.ts";

/** The images of the layout, as its index.json lists them. */
export interface ImageIndex {
  add(descriptor: Descriptor): Promise<void>;
  remove(digests: readonly Digest[]): Promise<void>;
  list(): Digest[];
}

const headText = `{"manifests":[\n`;
const tailText = `\n],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}\n`;
/** A manifest is small; larger blobs are layers and need no look. */
const largestManifestBytes = 1 << 20;

/** Opens index.json, or makes it where there is none. It only lists what the blobs say, so one that cannot be read is made again from them. */
export async function openIndex(paths: ImagePaths): Promise<ImageIndex> {
  await mkdir(paths.blobs, { recursive: true });
  await mkdir(paths.drafts, { recursive: true });
  const file = join(paths.layout, "index.json");
  // Each image's text is kept as it is written, so that a change costs no encoding of all others.
  const lines = (await readIndex(file)) ?? (await findManifests(paths));
  let writing: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const write = () =>
    writeDurably(file, paths.layout, paths.drafts, headText + [...lines.values()].join(",\n") + tailText);

  /** What changes while a write is under way goes into the next one, together. */
  async function save(): Promise<void> {
    if (writing === null) {
      writing = write().finally(() => (writing = null));
      return writing;
    }
    next ??= writing
      .catch(() => {})
      .then(() => {
        next = null;
        return save();
      });
    return next;
  }

  await writeDurably(join(paths.layout, "oci-layout"), paths.layout, paths.drafts, `{"imageLayoutVersion":"1.0.0"}\n`);
  await save();
  return {
    async add(descriptor) {
      if (lines.has(descriptor.digest)) return;
      lines.set(descriptor.digest, canonicalJson(descriptor));
      await save();
    },
    async remove(digests) {
      const known = digests.filter((digest) => lines.delete(digest));
      if (known.length > 0) await save();
    },
    list: () => [...lines.keys()],
  };
}

async function readIndex(file: string): Promise<Map<Digest, string> | null> {
  try {
    const { manifests }: { manifests: { digest: Digest }[] } = JSON.parse(await readFile(file, "utf8"));
    return new Map(manifests.map((manifest) => [manifest.digest, canonicalJson(manifest)]));
  } catch (error) {
    if (hasCode(error, "ENOENT") || error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** The images among the blobs. Lists of images for several platforms are not found: whoever keeps one knows its name. */
async function findManifests(paths: ImagePaths): Promise<Map<Digest, string>> {
  const found = new Map<Digest, string>();
  for (const name of await readdir(paths.blobs)) {
    const path = join(paths.blobs, name);
    const { size } = await stat(path);
    if (size > largestManifestBytes) continue;
    if (!isListable(await readFile(path, "utf8"))) continue;
    const digest: Digest = `sha256:${name}`;
    found.set(digest, canonicalJson({ mediaType: manifestMediaType, digest, size }));
  }
  return found;
}
