import { supportFolder } from "@berth/images";
import type { Layer } from "@berth/images";
import type { BuilderDeps } from "./deps.ts";

/** The layers of Berth's own files, made once for each set of bundles while they are kept. */
export function makeSupportLayers(deps: BuilderDeps) {
  const made = new Map<string, Promise<Layer>>();

  function make(names: readonly string[]): Promise<Layer> {
    const sources = names.flatMap((name) =>
      deps.supportFiles(name).map(({ path, file }) => ({ host: file, path: `${supportFolder}/${path}` })),
    );
    return deps.images.folderLayer({ root: "/", sources, exclude: [] });
  }

  /** Null where a plan asks for none. */
  return async (names: readonly string[]): Promise<Layer | null> => {
    if (names.length === 0) return null;
    const key = [...names].sort().join(" ");
    const known = await made.get(key)?.catch(() => null);
    if (known != null && (await deps.images.hasLayer(known.digest))) return known;
    const making = make([...names].sort());
    made.set(key, making);
    return making;
  };
}
