import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdInflate } from "@berth/core/inflate-zstd";
import type { EngineInfo } from "../engine.ts";
import type { LoadableLayer } from "../loadable.ts";
import { isOlder } from "../version.ts";
import type { PackedLayer } from "./archive.ts";

/** Docker 23: the first that takes layers compressed with zstd. */
const zstdSince = "1.42";
const plainTar = "application/vnd.oci.image.layer.v1.tar";

/** A layer as this engine takes it. What it cannot inflate is given plain; its size is found by inflating it once before. */
export async function makePackedLayer(layer: LoadableLayer, info: EngineInfo): Promise<PackedLayer> {
  const { digest, mediaType, sizeBytes } = layer;
  if (!mediaType.endsWith("+zstd") || !isOlder(info.apiVersion, zstdSince)) {
    return { layer, digest, mediaType, sizeBytes, read: () => layer.read() };
  }
  return {
    layer,
    digest: layer.diffId,
    mediaType: plainTar,
    sizeBytes: await inflatedSize(layer),
    read: () => inflate(layer),
  };
}

/** A layer of which the engine has the content. */
export function makeKnownLayer(layer: LoadableLayer): PackedLayer {
  const { digest, mediaType, sizeBytes } = layer;
  return { layer, digest, mediaType, sizeBytes, read: null };
}

function inflate(layer: LoadableLayer): Duplex {
  const plain = createZstdInflate();
  const blob = layer.read();
  blob.once("error", (error) => plain.destroy(error));
  plain.once("close", () => blob.destroy());
  return blob.pipe(plain);
}

async function inflatedSize(layer: LoadableLayer): Promise<number> {
  let sizeBytes = 0;
  await pipeline(layer.read(), createZstdInflate(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) sizeBytes += chunk.length;
  });
  return sizeBytes;
}
