import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { Digest } from "@berth/core";
import { pack } from "tar-stream";

/** A registry that tests may push to, with the base image; nodes of the test cluster pull from it. */
export const registry = "localhost:5055";
const base = "library/node";
const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/** Pushes an image of a folder of Node programs in /app, on the base image; the same folder always gives the same digest. */
export async function pushAppImage(repository: string, folder: string): Promise<Digest> {
  const { manifest, config } = await readBase();
  const layer = await makeLayer(folder);
  const blob = gzipSync(layer);
  const image = {
    ...config,
    config: { ...config.config, User: "1000:1000", WorkingDir: "/app", Cmd: null, Entrypoint: null },
    rootfs: { type: "layers", diff_ids: [...config.rootfs.diff_ids, sha256(layer)] },
    history: [],
  };
  const bytes = Buffer.from(JSON.stringify(image));
  for (const { digest } of manifest.layers) await mount(repository, digest);
  const made: Manifest = {
    schemaVersion: 2,
    mediaType: manifest.mediaType,
    config: await upload(repository, bytes, manifest.config.mediaType),
    layers: [...manifest.layers, await upload(repository, blob, manifest.layers[0]!.mediaType)],
  };
  const text = JSON.stringify(made);
  const digest = sha256(Buffer.from(text));
  const headers = { "content-type": made.mediaType };
  await ask(`${repository}/manifests/${digest}`, { method: "PUT", headers, body: text });
  return digest;
}

interface Config {
  config: { Env: string[] };
  rootfs: { diff_ids: string[] };
}

/** The base image that programs run on, and its variables. */
export async function readBase(): Promise<{ manifest: Manifest; config: Config }> {
  const manifest = (await (await ask(`${base}/manifests/24-slim`, { headers: { accept } })).json()) as Manifest;
  const config = (await (await ask(`${base}/blobs/${manifest.config.digest}`)).json()) as Config;
  return { manifest, config };
}

async function makeLayer(folder: string): Promise<Buffer> {
  const archive = pack();
  const mtime = new Date(0);
  archive.entry({ name: "app/", type: "directory", mode: 0o755, mtime });
  for (const name of (await readdir(folder)).sort()) {
    archive.entry({ name: `app/${name}`, mode: 0o644, mtime }, await readFile(join(folder, name)));
  }
  archive.finalize();
  return buffer(archive as unknown as Readable);
}

async function mount(repository: string, digest: string): Promise<void> {
  await ask(`${repository}/blobs/uploads/?mount=${digest}&from=${base}`, { method: "POST" });
}

async function upload(repository: string, bytes: Buffer, mediaType: string): Promise<Descriptor> {
  const digest = sha256(bytes);
  const place = (await ask(`${repository}/blobs/uploads/`, { method: "POST" })).headers.get("location")!;
  const url = new URL(place, `http://${registry}`);
  url.searchParams.set("digest", digest);
  const answer = await fetch(url, { method: "PUT", body: bytes });
  if (!answer.ok) throw new Error(`${url.pathname}: ${answer.status}`);
  return { mediaType, digest, size: bytes.length };
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const answer = await fetch(`http://${registry}/v2/${path}`, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
