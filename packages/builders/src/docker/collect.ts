import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";
import type { Collected } from "../build/executor.ts";
import { extractArchive } from "./archive-out.ts";
import { readChanges } from "./changes.ts";
import type { PathChange } from "./changes.ts";
import { readFromEngine } from "./engine-stream.ts";

export interface CollectSpec {
  container: string;
  /** A folder of this machine that it goes to. */
  folder: string;
  /** Relative to the app's folder. */
  paths: readonly string[];
  exclude: readonly string[];
  /** The container's image holds the dependency layer: of all paths, only what was changed is fetched. */
  onDependencies: boolean;
  signal: AbortSignal;
}

/** So many single paths are fetched one by one; where there are more, all is fetched at once. */
const mostSingle = 400;
const atOnce = 6;

/** Fetches what steps have made out of a container. */
export async function collectFrom(engine: Engine, spec: CollectSpec): Promise<Collected> {
  await mkdir(spec.folder, { recursive: true });
  const isAll = spec.paths.includes(".");
  const changed = isAll && spec.onDependencies ? await changedPaths(engine, spec) : null;
  if (changed === null || changed.fetch.length > mostSingle) {
    for (const path of isAll ? ["."] : spec.paths) await fetchPath(engine, spec, path);
    return { folder: spec.folder, removed: null };
  }
  for (let at = 0; at < changed.fetch.length; at += atOnce) {
    await Promise.all(changed.fetch.slice(at, at + atOnce).map((path) => fetchPath(engine, spec, path)));
  }
  return { folder: spec.folder, removed: changed.removed };
}

async function changedPaths(engine: Engine, { container, exclude }: CollectSpec) {
  const changes = (await engine.ask((docker) => docker.getContainer(container).changes())) as PathChange[] | null;
  return readChanges(changes ?? [], exclude);
}

async function fetchPath(engine: Engine, spec: CollectSpec, path: string): Promise<void> {
  const { folder, exclude, signal } = spec;
  signal.throwIfAborted();
  const above = path === "." || dirname(path) === "." ? "" : dirname(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const at = path === "." ? "" : join(above, name);
  const source = path === "." ? "/app" : `/app/${path}`;
  await mkdir(join(folder, above), { recursive: true });
  try {
    await readFromEngine(
      engine,
      (docker) => docker.getContainer(spec.container).getArchive({ path: source }),
      (archive) => extractArchive(archive, { folder, at, exclude }, signal),
    );
  } catch (error) {
    // A path that the build has not made is told by whoever wanted it.
    if (!isRefusal(error, 404)) throw error;
  }
}
