import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Digest } from "@berth/core";
import { pack } from "tar-stream";
import type { Pack } from "tar-stream";
import type { LoadableImage, LoadableLayer } from "../loadable.ts";

/** A layer as it is given to an engine: as it is, or plain where the engine cannot take its compression. */
export interface PackedLayer {
  layer: LoadableLayer;
  /** Of what `read` gives. */
  digest: Digest;
  mediaType: string;
  sizeBytes: number;
  /** Null: the engine has it already, so its content is left out. */
  read: (() => Readable) | null;
}

/**
 * The archive that `POST /images/load` takes: both what `docker save` writes (manifest.json, which engines with a store of
 * layers read) and an OCI layout (index.json, which those with containerd's store read), over the same blobs.
 * A layer without content is found by the engine among what it has: by its chain, or by its digest.
 */
export function packImage(image: LoadableImage, layers: readonly PackedLayer[], name: string): Readable {
  const archive = pack();
  void writeAll(archive, image, layers, name).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return archive as unknown as Readable;
}

async function writeAll(
  archive: Pack,
  image: LoadableImage,
  layers: readonly PackedLayer[],
  name: string,
): Promise<void> {
  const config = Buffer.from(image.config);
  const manifest = Buffer.from(JSON.stringify(makeManifest(image, layers)));
  const manifestDigest = sha256(manifest);
  const index = makeIndex(manifestDigest, manifest.length, name);
  const dockers = [
    { Config: blobPath(image.id), RepoTags: [name], Layers: layers.map(({ digest }) => blobPath(digest)) },
  ];
  await writeFile(archive, "oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(archive, "index.json", JSON.stringify(index));
  await writeFile(archive, "manifest.json", JSON.stringify(dockers));
  await writeFile(archive, blobPath(image.id), config);
  await writeFile(archive, blobPath(manifestDigest), manifest);
  // Two layers of an image may be the same.
  const written = new Set<Digest>();
  for (const { digest, sizeBytes, read } of layers) {
    if (read === null || written.has(digest)) continue;
    written.add(digest);
    await pipeline(read(), archive.entry({ ...header, name: blobPath(digest), size: sizeBytes }));
  }
}

const header = { mode: 0o444, mtime: new Date(0), type: "file" } as const;

function writeFile(archive: Pack, name: string, content: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ ...header, name }, content, (error) => (error ? reject(error) : resolve()));
  });
}

function makeManifest(image: LoadableImage, layers: readonly PackedLayer[]): object {
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: image.id, size: image.config.length },
    layers: layers.map(({ mediaType, digest, sizeBytes }) => ({ mediaType, digest, size: sizeBytes })),
  };
}

/** containerd takes the whole name from one annotation, and its tag from the other. */
function makeIndex(digest: Digest, size: number, name: string): object {
  const annotations = {
    "io.containerd.image.name": `docker.io/${name}`,
    "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
  };
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ mediaType, digest, size, annotations }],
  };
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${digest.slice("sha256:".length)}`;
}

function sha256(bytes: Buffer): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
