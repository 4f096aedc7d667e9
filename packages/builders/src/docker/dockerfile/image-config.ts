import { posix } from "node:path";
import type { Layer } from "@berth/images";
import { buildLabel } from "../deps.ts";

const writableLabel = "dev.berth.writable";

/** What an engine's configuration of an image says of how it is run. */
export interface RunConfig {
  User?: string;
  WorkingDir?: string;
  Env?: string[] | null;
  Labels?: Record<string, string> | null;
}

/** What the plan and Berth add to what the Dockerfile says. */
export interface ConfigAdditions {
  user: string;
  env: Readonly<Record<string, string>>;
  /** Absolute folders. */
  writable: readonly string[];
  /** Above those that the engine made. */
  layers: readonly Layer[];
}

export function runConfig(config: Readonly<Record<string, unknown>>): RunConfig {
  const found = config["config"];
  return typeof found === "object" && found !== null ? found : {};
}

/** Folders that berth.yaml names, as those of the image: relative ones are of its working folder. /tmp is writable anyway. */
export function writableFolders(workdir: string | undefined, folders: readonly string[]): string[] {
  const absolute = folders.map((folder) => posix.resolve("/", workdir ?? "", folder));
  return [...new Set(absolute)].filter((folder) => folder !== "/tmp").sort();
}

/** The engine's configuration with a user by number, who is not root, and what the plan adds where the Dockerfile says nothing. */
export function makeConfig(
  taken: Readonly<Record<string, unknown>>,
  { user, env, writable, layers }: ConfigAdditions,
): Record<string, unknown> {
  const { Env, Labels, ...rest } = runConfig(taken);
  const known = new Set((Env ?? []).map((line) => line.split("=", 1)[0]));
  const added = Object.entries(env).filter(([name]) => !known.has(name));
  const config = {
    ...rest,
    // Whose engine built it is nothing that the image has to tell.
    Labels: withWritable(without(Labels ?? {}, [buildLabel]), writable),
    Env: [...(Env ?? []), ...added.map(([name, value]) => `${name}=${value}`)],
    User: user,
  };
  // What the old builder kept of its containers, with names of this engine.
  return { ...withLayers(without(taken, ["container", "container_config"]), layers), config };
}

/** The history has an entry for each layer that is not empty. */
function withLayers(taken: Readonly<Record<string, unknown>>, layers: readonly Layer[]): Record<string, unknown> {
  const { rootfs, history } = taken as { rootfs?: { diff_ids?: string[] }; history?: unknown[] };
  if (layers.length === 0) return taken;
  const diffIds = [...(rootfs?.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)];
  const told = layers.map(() => ({ created_by: "berth: writable folders" }));
  return { ...taken, history: [...(history ?? []), ...told], rootfs: { type: "layers", diff_ids: diffIds } };
}

/** A Dockerfile may have the label, too; what is no list there is left for the runtime to refuse. */
function withWritable(labels: Record<string, string>, writable: readonly string[]): Record<string, string> {
  if (writable.length === 0) return labels;
  const own = labels[writableLabel] === undefined ? [] : readList(labels[writableLabel]);
  if (own === null) return labels;
  return { ...labels, [writableLabel]: JSON.stringify([...new Set([...own, ...writable])]) };
}

function readList(text: string): string[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : null;
  } catch {
    return null;
  }
}

function without<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
