import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Digest } from "@berth/core";
import type { Engine, LoadableImage, LoadableLayer } from "@berth/docker";
import { pack } from "tar-stream";
import { readBase } from "./requires-docker.ts";

export interface TestImageOptions {
  /** Folders below /app, made in the image for its user. */
  writable?: readonly string[];
  /** Further parts of its configuration. */
  config?: object;
}

/** An image of a folder of Node programs in /app, on the base image that the engine has. */
export async function makeAppImage(
  engine: Engine,
  folder: string,
  { writable = [], config = {} }: TestImageOptions = {},
): Promise<LoadableImage> {
  const base = await readBase(engine);
  const layers = [...base.layers.map(makeBaseLayer), await makeAppLayer(folder, writable)];
  const bytes = Buffer.from(
    JSON.stringify({
      architecture: engine.info.architecture,
      os: "linux",
      config: {
        Env: base.env,
        User: "1000:1000",
        WorkingDir: "/app",
        Labels: { "dev.berth.writable": JSON.stringify(writable) },
        ...config,
      },
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    }),
  );
  return { id: sha256(bytes), config: bytes, layers };
}

/** Its content is never asked for: the engine has it. */
function makeBaseLayer(diffId: string): LoadableLayer {
  return {
    digest: diffId as Digest,
    diffId: diffId as Digest,
    mediaType: "application/vnd.oci.image.layer.v1.tar",
    sizeBytes: 0,
    read: () => Readable.from([]),
  };
}

async function makeAppLayer(folder: string, writable: readonly string[]): Promise<LoadableLayer> {
  const archive = pack();
  const mtime = new Date(0);
  archive.entry({ name: "app/", type: "directory", mode: 0o755, mtime });
  for (const name of await readdir(folder)) {
    archive.entry({ name: `app/${name}`, mode: 0o644, mtime }, await readFile(join(folder, name)));
  }
  for (const name of writable) {
    archive.entry({ name: `app/${name}/`, type: "directory", mode: 0o755, uid: 1_000, gid: 1_000, mtime });
    archive.entry({ name: `app/${name}/first`, mode: 0o644, uid: 1_000, gid: 1_000, mtime }, "from the image");
  }
  archive.finalize();
  const bytes = await buffer(archive as unknown as Readable);
  const digest = sha256(bytes);
  const mediaType = "application/vnd.oci.image.layer.v1.tar";
  return { digest, diffId: digest, mediaType, sizeBytes: bytes.length, read: () => Readable.from([bytes]) };
}

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
