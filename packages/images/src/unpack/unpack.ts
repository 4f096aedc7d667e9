import { createHash } from "node:crypto";
import { readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Clock, Command, Digest, Log } from "@berth/core";
import { hexOf } from "../layout/paths.ts";
import type { ImagePaths } from "../layout/paths.ts";
import {
  appFolder,
  baseLayerCount,
  programFolders,
  splitVariable,
  supportFolder,
  writableFolders,
} from "../manifest.ts";
import type { ImageConfig, Manifest } from "../manifest.ts";
import type { ImagesWorker } from "../worker/client.ts";
import type { Spare } from "../worker/copy-tasks.ts";

/** A read-only copy of an image on this machine. */
export interface UnpackedImage {
  digest: Digest;
  /** What is `/` in the image. */
  root: string;
  /** Where the command starts: the app's folder. */
  workdir: string;
  /** The image's environment without PATH. Values that are paths of the image (`/app`, `/berth`, or below) point into the copy. */
  env: Record<string, string>;
  /** Folders of the copy whose programs come first in PATH. */
  programs: string[];
  command: Command;
  annotations: Record<string, string>;
}

export interface ImageParts {
  digest: Digest;
  manifest: Manifest;
  config: ImageConfig;
}

interface UnpackDeps {
  paths: ImagePaths;
  worker: ImagesWorker;
  clock: Clock;
  log: Log;
  /** Another value after each start of the machine: what it wrote before may be lost in part, if it did not go down in order. */
  bootId: string;
  /** A part of a name that no other copy in the making has. */
  uniqueName(): string;
  /** Aborts when the images are closed. */
  closing: AbortSignal;
}

/** Makes copies of images, each once however many ask for it at the same time. */
export function makeUnpacker(deps: UnpackDeps) {
  const { paths, worker, clock } = deps;
  const running = new Map<Digest, Promise<UnpackedImage>>();
  const draftPath = () => join(paths.unpacked, `${draftPrefix}${deps.uniqueName()}`);

  async function ensure(parts: ImageParts, lineage: string | null): Promise<UnpackedImage> {
    const folder = join(paths.unpacked, hexOf(parts.digest));
    const root = join(folder, "root");
    // The machine stands for the base.
    const layers = parts.manifest.layers.slice(baseLayerCount(parts.manifest)).map((layer) => layer.digest);
    const writable = writableFolders(parts.config);
    const boot = await readBoot(folder);
    if (boot !== null && boot !== deps.bootId) {
      const damaged = await worker.call("verify", [layers, root, writable]);
      if (damaged === null) {
        await writeFile(join(folder, bootFile), deps.bootId);
      } else {
        deps.log.warn({ image: parts.digest, path: damaged }, "An unpacked image was damaged and is made again");
        await remove(folder);
        return ensure(parts, lineage);
      }
    }
    if (boot === null) {
      // A spare has no folders of its own to write to.
      const spare =
        lineage === null || writable.length > 0 ? null : { path: sparePath(paths, lineage), boot: deps.bootId };
      await make(folder, layers, writable, spare);
      if (spare !== null) void prepare(layers, spare);
    }
    await utimes(folder, clock.now() / 1000, clock.now() / 1000);
    return describe(parts, root);
  }

  async function make(
    folder: string,
    layers: Digest[],
    writable: readonly string[],
    spare: Spare | null,
  ): Promise<void> {
    const draft = draftPath();
    try {
      await worker.call("unpack", [layers, draft, writable, spare]);
      await writeFile(join(draft, bootFile), deps.bootId);
      await rename(draft, folder);
    } catch (error) {
      await worker.call("remove", [draft]);
      throw error;
    }
  }

  /** Makes the spare for the next image once this one has had time to start. It is never missed: without it, the next takes longer. */
  async function prepare(layers: Digest[], spare: Spare): Promise<void> {
    const draft = draftPath();
    try {
      await clock.sleep(spareDelayMs, deps.closing);
      if (!deps.closing.aborted) await worker.call("prepareSpare", [layers, draft, spare]);
    } catch (error) {
      deps.log.debug({ error }, "No spare copy was made");
      if (!deps.closing.aborted) await worker.call("remove", [draft]).catch(() => {});
    }
  }

  /** Takes the name away first, so that a copy is there whole or not at all. */
  async function remove(folder: string): Promise<void> {
    const gone = draftPath();
    try {
      await rename(folder, gone);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return;
      throw error;
    }
    await worker.call("remove", [gone]);
  }

  return {
    /** `lineage` names the service it is for: its next image is likely to have most in common with this one. */
    unpack(parts: ImageParts, lineage: string | null): Promise<UnpackedImage> {
      const known = running.get(parts.digest);
      if (known !== undefined) return known;
      const started = ensure(parts, lineage).finally(() => running.delete(parts.digest));
      running.set(parts.digest, started);
      return started;
    },
    remove,
  };
}

const bootFile = "boot";
/** So long after an image was unpacked its instances should have the machine for themselves. */
const spareDelayMs = 1_500;
/** What begins like this is a service's spare copy. */
export const sparePrefix = ".spare-";

function sparePath(paths: ImagePaths, lineage: string): string {
  return join(paths.unpacked, sparePrefix + createHash("sha256").update(lineage).digest("hex").slice(0, 20));
}

/** What begins like this is being made or removed; after a start it was left by a crash. */
export const draftPrefix = ".draft-";

async function readBoot(folder: string): Promise<string | null> {
  try {
    await stat(join(folder, "root"));
    return await readFile(join(folder, bootFile), "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

function describe(parts: ImageParts, root: string): UnpackedImage {
  const { Env, Cmd, WorkingDir } = parts.config.config;
  const env = Env.map(splitVariable)
    .filter(([name]) => name !== "PATH")
    .map(([name, value]) => [name, onHost(value, root)]);
  return {
    digest: parts.digest,
    root,
    workdir: join(root, WorkingDir),
    env: Object.fromEntries(env),
    programs: programFolders(parts.config).map((folder) => join(root, folder)),
    command: Cmd[0] === "sh" && Cmd[1] === "-c" && Cmd.length === 3 ? { shell: Cmd[2] ?? "" } : { argv: Cmd },
    annotations: parts.manifest.annotations,
  };
}

/** A value that is a path of the image, as a path of this machine. */
function onHost(value: string, root: string): string {
  const top = value.split("/", 2);
  return top[0] === "" && (top[1] === appFolder || top[1] === supportFolder) ? root + value : value;
}
