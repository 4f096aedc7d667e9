import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";
import type { Engine } from "@berth/docker";
import type { Images, Layer } from "@berth/images";
import { extract } from "tar-stream";
import type { Header } from "tar-stream";
import type { Secrets } from "../../build/secrets/secrets.ts";
import { watchForSecrets } from "../../build/secrets/watch-stream.ts";
import { readFromEngine } from "../engine-stream.ts";

/** An image as an engine has it. */
export interface TakenImage {
  config: Record<string, unknown>;
  /** From the lowest to the uppermost. */
  layers: Layer[];
}

export interface TakeDeps {
  engine: Engine;
  images: Pick<Images, "archiveLayer" | "findLayer">;
  /** A folder for what is not known yet to be needed. */
  folder: string;
  /** What older engines call a layer: for each such name, which layer it was the last time. */
  names: Map<string, Digest>;
}

type Entry = Readable & { header: Header };

const layerFile = /(^|\/)layer\.tar$/;
const blobFile = /^blobs\/sha256\/([0-9a-f]{64})$/;
const mostTextBytes = 16 << 20;

/**
 * Takes an image out of an engine into the layout. The engine writes all of it; layers that the layout has are only read past.
 * Throws `SecretFound` before anything with a secret in it is kept. Engines of all ages are understood: those before 25 write
 * `<name>/layer.tar` under names that say nothing of the content, later ones blobs by their digest.
 */
export async function takeImage(
  { engine, images, folder, names }: TakeDeps,
  id: string,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<TakenImage> {
  const { RootFS } = await engine.ask((docker) => docker.getImage(id).inspect());
  const diffIds = (RootFS?.Layers ?? []) as Digest[];
  const found = new Map<Digest, Layer>();
  const texts = new Map<string, Buffer>();
  await mkdir(folder, { recursive: true });

  /** A layer of which the content is known beforehand, or not. */
  async function takeLayer(entry: Entry, said: Digest | undefined): Promise<void> {
    const content = watchForSecrets(entry, secrets);
    const known = said === undefined ? null : await images.findLayer(said);
    if (known !== null) {
      if ((await digestOf(content)) !== said) throw unexpected(id);
      found.set(known.diffId, known);
      return;
    }
    if (said !== undefined && blobFile.test(entry.header.name)) return add(await images.archiveLayer(content));
    // It may be one that the layout has: that is known when all of it was read.
    const spool = join(folder, "layer.tar");
    const hash = createHash("sha256");
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(content, hashed, createWriteStream(spool), { signal });
    const diffId: Digest = `sha256:${hash.digest("hex")}`;
    names.set(entry.header.name, diffId);
    add((await images.findLayer(diffId)) ?? (await images.archiveLayer(createReadStream(spool))));
    await rm(spool);
  }

  function add(layer: Layer): void {
    found.set(layer.diffId, layer);
  }

  await readArchive(engine, id, signal, async (entry) => {
    const { name, type, size = 0 } = entry.header;
    const blob = blobFile.exec(name)?.[1];
    // A layer that is there twice is a link the second time.
    if (type !== "file") entry.resume();
    else if (layerFile.test(name)) await takeLayer(entry, names.get(name));
    else if (blob !== undefined && diffIds.includes(`sha256:${blob}`)) await takeLayer(entry, `sha256:${blob}`);
    else if (size <= mostTextBytes) texts.set(name, await buffer(Readable.from(watchForSecrets(entry, secrets))));
    else entry.resume();
  });
  const layers = diffIds.map((diffId) => found.get(diffId));
  const whole = layers.filter((layer) => layer !== undefined);
  if (whole.length < layers.length) throw unexpected(id);
  return { config: readConfig(texts, id), layers: whole };
}

async function readArchive(
  engine: Engine,
  id: string,
  signal: AbortSignal,
  take: (entry: Entry) => Promise<void>,
): Promise<void> {
  await readFromEngine(
    engine,
    (docker) => docker.getImage(id).get(),
    async (archive) => {
      const reader = extract();
      const reading = pipeline(archive, reader, { signal });
      // Told by the loop too, and then by this once more.
      reading.catch(() => {});
      for await (const item of reader) await take(item as unknown as Entry);
      await reading;
    },
  );
}

async function digestOf(content: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

function readConfig(texts: ReadonlyMap<string, Buffer>, id: string): Record<string, unknown> {
  const manifest = texts.get("manifest.json");
  if (manifest === undefined) throw unexpected(id);
  const [first]: { Config: string }[] = JSON.parse(manifest.toString());
  const config = texts.get(first?.Config ?? "");
  if (config === undefined) throw unexpected(id);
  return JSON.parse(config.toString());
}

function unexpected(id: string): BerthError {
  return new BerthError("runtime.failed", "The Docker engine gave an image in a form that Berth does not know.", {
    path: id,
    hint: "Update the engine, or build the app without a Dockerfile.",
  });
}
