import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { BerthError } from "@berth/core";
import type { Engine } from "../engine.ts";
import type { LoadableImage, LoadableLayer } from "../loadable.ts";
import { isRefusal, refusalOf } from "../refusal.ts";
import { packImage } from "./archive.ts";
import { KnownLayers } from "./known-layers.ts";
import { makeKnownLayer, makePackedLayer } from "./packed-layer.ts";

/** An image that an engine has. */
export interface EngineImage {
  /** By which containers are made of it. */
  id: string;
  /** The name it has there, so that no general tidying takes it for left over. */
  name: string;
  /** It was given to the engine just now, and was not there before. */
  isNew: boolean;
}

interface ImageLoader {
  load(image: LoadableImage, name: string): Promise<EngineImage>;
}

/** One for each engine: what is being loaded, and what the engine has. */
const loaders = new WeakMap<Engine, ImageLoader>();

/**
 * Gives an image to the engine, where it does not have it, under this name: `repository:tag`. Only layers that the engine
 * lacks are sent. Loads of one image at the same time are one. Throws `engine.unreachable`, `runtime.failed`.
 */
export function loadImage(engine: Engine, image: LoadableImage, name = defaultName(image)): Promise<EngineImage> {
  const loader = loaders.get(engine) ?? makeImageLoader(engine);
  loaders.set(engine, loader);
  return loader.load(image, name);
}

function makeImageLoader(engine: Engine): ImageLoader {
  const known = new KnownLayers(engine);
  const loads = new Map<string, Promise<EngineImage>>();
  let turn: Promise<unknown> = Promise.resolve();

  async function find(image: LoadableImage, name: string): Promise<EngineImage | null> {
    try {
      const found = await engine.ask((docker) => docker.getImage(name).inspect());
      return isSame(image, found.RootFS?.Layers ?? []) && hasSameId(image, found.Id)
        ? { id: found.Id, name, isNew: false }
        : null;
    } catch (error) {
      if (isRefusal(error, 404)) return null;
      throw error;
    }
  }

  /** A store of layers names an image by its configuration; containerd's by a manifest that the engine may have made itself. */
  function hasSameId(image: LoadableImage, id: string): boolean {
    return engine.info.imageStore === "containerd" || id === image.id;
  }

  /** containerd's store locks files by their names in the archive: there loads wait for each other. */
  function loadInTurn(image: LoadableImage, name: string): Promise<EngineImage> {
    if (engine.info.imageStore === "layers") return loadNow(image, name);
    const loaded = turn.then(() => loadNow(image, name));
    turn = loaded.catch(() => {});
    return loaded;
  }

  async function loadNow(image: LoadableImage, name: string): Promise<EngineImage> {
    const present = await find(image, name);
    if (present !== null) return present;
    const layers = image.layers.map(({ diffId }) => diffId);
    const count = await known.count(layers);
    const failure = await send(image, name, count);
    // What was there may have been removed meanwhile.
    const again = failure !== null && count > 0 ? await send(image, name, 0) : failure;
    if (again !== null) {
      await discard(name);
      throw loadFailed(name, again);
    }
    const loaded = await find(image, name);
    if (loaded === null) throw loadFailed(name, "it took the image and does not have it");
    if (failure !== null) known.forget();
    await known.add(layers);
    return { ...loaded, isNew: true };
  }

  /** containerd's store keeps the name of an image that it could not unpack: the next load would take it for present. */
  async function discard(name: string): Promise<void> {
    await engine.ask((docker) => docker.getImage(name).remove()).catch(() => {});
  }

  /** Sends an image without the content of its lowest layers. Gives what the engine says against it, null where it took it. */
  async function send(image: LoadableImage, name: string, knownCount: number): Promise<string | null> {
    const make = (layer: LoadableLayer, index: number) =>
      index < knownCount ? makeKnownLayer(layer) : makePackedLayer(layer, engine.info);
    const layers = await Promise.all(image.layers.map(make));
    const archive = packImage(image, layers, name);
    let fault: Error | null = null;
    archive.once("error", (error: Error) => (fault = error));
    try {
      return await engine.ask(async (docker) =>
        failureIn(await readText((await docker.loadImage(archive, { quiet: true })) as Readable)),
      );
    } catch (error) {
      // The archive could not be made: nothing is wrong with the engine.
      if (fault !== null) throw fault;
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      return refusal.message;
    } finally {
      archive.destroy();
    }
  }

  return {
    load(image, name) {
      const key = `${image.id} ${name}`;
      const running = loads.get(key) ?? loadInTurn(image, name).finally(() => loads.delete(key));
      loads.set(key, running);
      return running;
    },
  };
}

/** What an engine says against an archive after it has begun to answer; null where there is nothing. */
export function failureIn(answer: string): string | null {
  for (const line of answer.split("\n")) {
    if (line.trim() === "") continue;
    const { error, stream } = parseLine(line);
    if (error !== undefined) return error;
    // containerd's store keeps an image that it could not unpack, and only says so.
    if (stream?.startsWith("Error unpacking image")) return stream.trim();
  }
  return null;
}

function parseLine(line: string): { error?: string; stream?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

async function readText(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function isSame(image: LoadableImage, layers: readonly string[]): boolean {
  return image.layers.length === layers.length && image.layers.every(({ diffId }, index) => diffId === layers[index]);
}

function defaultName(image: LoadableImage): string {
  return `berth/image:${imageTag(image)}`;
}

/** A tag that names the image's content: the first 16 digits of a hash over its configuration. */
export function imageTag(image: LoadableImage): string {
  return createHash("sha256").update(image.config).digest("hex").slice(0, 16);
}

function loadFailed(name: string, message: string): BerthError {
  return new BerthError("runtime.failed", "The Docker engine could not take an image.", {
    path: name,
    hint: "A full disk is the usual cause: docker system df shows what uses it.",
    details: [message],
  });
}
