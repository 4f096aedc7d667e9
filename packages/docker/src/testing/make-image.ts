import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Digest } from "@berth/core";
import { pack } from "tar-stream";
import type { LoadableImage, LoadableLayer } from "../loadable.ts";

export interface TestLayer extends LoadableLayer {
  /** How often its content was asked for. */
  reads: number;
}

const compress = {
  tar: (plain: Buffer) => plain,
  "tar+gzip": (plain: Buffer) => gzipSync(plain),
  // Frame after frame, as Berth's layers are.
  "tar+zstd": (plain: Buffer) =>
    Buffer.concat([zstdCompressSync(plain.subarray(0, 700)), zstdCompressSync(plain.subarray(700))]),
};

/** A layer of these files, by path. */
export async function makeLayer(
  files: Record<string, string>,
  compression: keyof typeof compress = "tar+gzip",
): Promise<TestLayer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, content);
  archive.finalize();
  const plain = await buffer(archive as unknown as Readable);
  const blob = compress[compression](plain);
  const layer: TestLayer = {
    digest: sha256(blob),
    diffId: sha256(plain),
    mediaType: `application/vnd.oci.image.layer.v1.${compression}`,
    sizeBytes: blob.length,
    reads: 0,
    read() {
      layer.reads += 1;
      return Readable.from([blob]);
    },
  };
  return layer;
}

export function makeImage(layers: readonly LoadableLayer[], config: object = {}): LoadableImage {
  const bytes = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/nothing"], ...config },
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(() => ({ created: "1970-01-01T00:00:00Z" })),
    }),
  );
  return { id: sha256(bytes), config: bytes, layers };
}

export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
