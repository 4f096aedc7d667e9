import { BerthError } from "@berth/core";
import type { IdentifiedWorkload } from "@berth/core";
import { portOf, readImageConfig } from "../instances/image-config.ts";
import type { ImageFacts } from "./driver/deps.ts";

/** An image as it lies in the store, and how nodes know it. */
export interface StoredImage {
  /** The bytes of its configuration. */
  config: Uint8Array;
  /** By which nodes fetch it, with its digest. */
  name: string;
  /** Which of these absolute folders it has anything in. */
  findContent(folders: readonly string[]): Promise<readonly string[]>;
}

/** What an image says of how a workload is run. Throws `image.unfit`. */
export async function readImageFacts(workload: IdentifiedWorkload, image: StoredImage): Promise<ImageFacts> {
  const config = readImageConfig(image.config);
  const folders = config.writable.filter((folder) => folder !== "/");
  if (folders.length < config.writable.length) throw allWritable(workload);
  const filled = new Set(folders.length === 0 ? [] : await image.findContent(folders));
  return {
    image: image.name,
    os: config.os,
    architecture: config.architecture,
    ...readUser(config.user, workload),
    imageEnv: config.env,
    writable: folders.map((path) => ({ path, hasContent: filled.has(path) })),
    workingFolder: config.workdir,
    port: workload.health === null ? null : portOf(workload, config),
  };
}

/** A kubelet cannot tell whether a user who has a name is root, and refuses it; and nobody is root here. */
function readUser(text: string, workload: IdentifiedWorkload): { user: number; group: number } {
  const [, user, group = user] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (user !== undefined && Number(user) > 0) return { user: Number(user), group: Number(group) };
  const whom = text === "" ? "root, for it names no user" : /^(0+|root)(:|$)/.test(text) ? "root" : `the user ${text}`;
  throw new BerthError("image.unfit", `The image of ${workload.service} runs as ${whom}.`, {
    path: workload.image,
    hint: "On a cluster a user is a number other than 0: write USER 1000:1000 in the Dockerfile.",
  });
}

function allWritable(workload: IdentifiedWorkload): BerthError {
  return new BerthError("image.unfit", `The image of ${workload.service} asks to write everywhere.`, {
    path: workload.image,
    hint: "Name the folders that it writes to under `writable:`.",
  });
}
