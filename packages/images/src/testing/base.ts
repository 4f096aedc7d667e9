import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { canonicalJson } from "@berth/core";
import type { Base } from "../base.ts";
import type { Images } from "../images.ts";
import type { Layer } from "../layer/entry.ts";
import { digestOf } from "../layout/blobs.ts";
import { makeHome } from "./images.ts";

const execute = promisify(execFile);

/** A plain archive as tar makes it. */
export async function makeTar(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await makeHome();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const file = join(await makeHome(), "layer.tar");
  await execute("tar", [
    "-cf",
    file,
    "-C",
    folder,
    ...new Set(Object.keys(files).map((path) => path.split("/")[0] ?? "")),
  ]);
  return readFile(file);
}

/** A base image in a layout, as if it had been fetched from a registry of Docker's kind: with a layer for each of these sets of files. */
export async function putBase(images: Images, ...layers: readonly Record<string, string>[]): Promise<Base> {
  const made: Layer[] = [];
  for (const files of layers) {
    const archive = await makeTar(files);
    const blob = gzipSync(archive);
    const mediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    const digest = await images.blobs.put(blob);
    made.push({ mediaType, digest, diffId: digestOf(archive), sizeBytes: blob.length, files: 0 });
  }
  const env = ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_VERSION=24.0.0", "LANG=C.UTF-8"];
  const rootfs = { type: "layers", diff_ids: made.map((layer) => layer.diffId) };
  const configText = canonicalJson({ architecture: "amd64", os: "linux", config: { Env: env }, rootfs });
  const config = await images.blobs.put(configText);
  const manifest = await images.blobs.put(
    canonicalJson({
      schemaVersion: 2,
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      config: { mediaType: "application/vnd.docker.container.image.v1+json", digest: config, size: configText.length },
      layers: made.map(({ mediaType, digest, sizeBytes }) => ({ mediaType, digest, size: sizeBytes })),
    }),
  );
  return {
    image: "docker.io/library/node:24-slim",
    digest: manifest,
    manifest,
    platform: { os: "linux", architecture: "amd64", libc: "glibc" },
    glibc: "2.36",
    layers: made,
    env,
  };
}
