import type { LayerEntry } from "../layer/entry.ts";
import { resolveHardLinks } from "../layer/hard-links.ts";
import { Problem } from "../worker/problem.ts";

/** An entry of an image and the number of the layer it comes from. */
export interface MergedEntry {
  entry: LayerEntry;
  layer: number;
}

const whiteout = ".wh.";

/** What an image contains when its layers lie on top of each other, folders before what is in them and hard links as files. Source: OCI image-spec, layer.md (whiteouts). */
export function mergeLayers(layers: readonly (readonly LayerEntry[])[]): MergedEntry[] {
  const merged = new Map<string, MergedEntry>();
  for (const [layer, raw] of layers.entries()) {
    const entries = resolveHardLinks(raw);
    if (layer > 0) hideBelow(merged, entries);
    for (const entry of entries) {
      if (isWhiteout(entry.path)) continue;
      const below = merged.get(entry.path);
      // What replaces a folder by a file, or the other way round, hides all that was below it.
      if (below !== undefined && (below.entry.type === "folder") !== (entry.type === "folder")) {
        removeWithBelow(merged, entry.path);
      }
      merged.set(entry.path, { entry, layer });
    }
  }
  checkParents(merged);
  return [...merged.values()];
}

/** Applies the whiteouts of a layer to what lies below it. */
function hideBelow(merged: Map<string, MergedEntry>, entries: readonly LayerEntry[]): void {
  for (const { path } of entries) {
    if (!isWhiteout(path)) continue;
    const slash = path.lastIndexOf("/") + 1;
    removeWithBelow(merged, path.slice(0, slash) + path.slice(slash + whiteout.length));
  }
}

function isWhiteout(path: string): boolean {
  return path.startsWith(whiteout, path.lastIndexOf("/") + 1);
}

function removeWithBelow(merged: Map<string, MergedEntry>, path: string): void {
  for (const other of merged.keys()) if (other === path || other.startsWith(`${path}/`)) merged.delete(other);
}

/** Every entry lies in a folder of the image: one below a link would be written to wherever the link points. */
function checkParents(merged: ReadonlyMap<string, MergedEntry>): void {
  for (const { entry } of merged.values()) {
    const slash = entry.path.lastIndexOf("/");
    if (slash === -1) continue;
    const parent = merged.get(entry.path.slice(0, slash));
    if (parent?.entry.type === "folder") continue;
    const message = `${entry.path} does not lie in a folder of the image.`;
    throw new Problem("image.corrupt", message, entry.path, "Deploy the app again to make a new image.");
  }
}
