import { Problem } from "../worker/problem.ts";
import type { LayerEntry } from "./entry.ts";

/** A layer's entries with each hard link as what it is another name of: a file with the same place in the archive. Throws `image.corrupt` where it names no file that came before. */
export function resolveHardLinks(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  if (!entries.some((entry) => entry.type === "hardlink")) return entries;
  const files = new Map<string, LayerEntry>();
  return entries.map((entry) => {
    const resolved = entry.type === "hardlink" ? asFile(entry, files.get(entry.target)) : entry;
    if (resolved.type === "file") files.set(resolved.path, resolved);
    return resolved;
  });
}

function asFile(link: LayerEntry, file: LayerEntry | undefined): LayerEntry {
  if (file !== undefined) return { ...file, path: link.path, owner: link.owner };
  const message = `${link.path} is a hard link to ${JSON.stringify(link.target)}, which is no file of its layer.`;
  throw new Problem("image.corrupt", message, link.path, "Deploy the app again to make a new image.");
}
