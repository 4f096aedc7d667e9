import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Digest } from "../../packages/core/src/index.ts";
import type { Images } from "../../packages/images/src/index.ts";

/** Writes an image as an OCI layout of its own, in place of what was in the folder. Source: OCI image-spec, image-layout.md. */
export async function writeLayout(images: Pick<Images, "blobs" | "describe">, digest: Digest, folder: string) {
  const blobs = join(folder, "blobs", "sha256");
  await rm(folder, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  const manifest = await images.blobs.readWhole(digest);
  const { mediaType, config, layers }: Manifest = JSON.parse(manifest.toString());
  for (const one of [digest, config.digest, ...layers.map((layer) => layer.digest)])
    await pipeline(images.blobs.read(one), createWriteStream(join(blobs, one.slice("sha256:".length))));
  const annotations = { "org.opencontainers.image.ref.name": "berth" };
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: manifest.length, annotations }] };
  await writeFile(join(folder, "index.json"), JSON.stringify(index));
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

interface Manifest {
  mediaType: string;
  config: { digest: Digest };
  layers: readonly { digest: Digest }[];
}
