import { createHash } from "node:crypto";
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { contentMtime } from "../tar/mtime.ts";
import { checkSourcePath, sortByBytes } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";
import type { LayerWriter } from "./writer.ts";

export interface FolderLayerSpec {
  /** The folder that stands for the app's: links with an absolute path into it are made relative. */
  root: string;
  /** Files and folders of the host and where they go in the image. What is not there is left out. */
  sources: readonly { host: string; path: string }[];
  /** Paths of the image that are left out, with what is below them. */
  exclude: readonly string[];
}

interface Found {
  path: string;
  host: string;
  type: LayerEntry["type"];
  executable: boolean;
  /** The root of the spec. */
  root: string;
}

/** Files up to this size are read once and kept for writing; larger ones are read twice. */
const wholeBytes = 4 << 20;

/** Gives other work of the thread its turn. */
export type Breathe = () => Promise<void>;

/**
 * Writes files of the host as a layer. With a baseline (the layer below it, from which the folder was made) only what differs is written,
 * and what is gone is recorded as removed, by OCI's whiteout files.
 */
export async function addFolders(
  writer: LayerWriter,
  spec: FolderLayerSpec,
  baseline: readonly LayerEntry[],
  breathe: Breathe,
): Promise<void> {
  const found = walkAll(spec);
  const below = new Map(baseline.map((entry) => [entry.path, entry]));
  const present = new Set(found.map((item) => item.path));
  const written = sortByBytes([
    ...withFolders(found.filter((item) => !isSame(item, below.get(item.path)))),
    ...whiteouts(baseline, present),
  ]);
  for (const item of written) {
    await breathe();
    addOne(writer, item);
  }
}

function addOne(writer: LayerWriter, item: Found): void {
  const entry = { path: item.path, type: item.type, executable: item.executable, oid: null };
  if (item.type === "folder") return writer.addFolder(item.path);
  if (item.type === "link") return writer.addLink(entry, linkTarget(item));
  if (item.host === "") return writer.addFile(entry, new Uint8Array());
  const fd = openSync(item.host, "r");
  try {
    const { size } = fstatSync(fd);
    if (size <= wholeBytes) return writer.addFile(entry, readWhole(fd, size));
    return writer.addOpenFile(entry, fd, size, hashFile(fd));
  } finally {
    closeSync(fd);
  }
}

function walkAll(spec: FolderLayerSpec): Found[] {
  const exclude = new Set(spec.exclude);
  const found = new Map<string, Found>();
  const { root } = spec;
  const visit = (host: string, path: string) => {
    if (exclude.has(path)) return;
    const stat = lstatSync(host, { throwIfNoEntry: false });
    if (stat === undefined) return;
    const type = stat.isDirectory() ? "folder" : stat.isFile() ? "file" : stat.isSymbolicLink() ? "link" : null;
    // Sockets, pipes and devices mean nothing in an image.
    if (type === null) return;
    // Only this bit of the mode is kept: nothing in an image is setuid, setgid or sticky.
    found.set(path, {
      path: checkSourcePath(path),
      host,
      type,
      executable: type === "file" && (stat.mode & 0o100) !== 0,
      root,
    });
    if (type === "folder") for (const name of readdirSync(host)) visit(join(host, name), `${path}/${name}`);
  };
  for (const { host, path } of spec.sources) visit(host, path);
  return [...found.values()];
}

/** Adds the folders above each item that are not among them. */
function withFolders(items: Found[]): Found[] {
  const known = new Set(items.map((item) => item.path));
  const added: Found[] = [];
  for (const { path } of items) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      if (known.has(folder)) continue;
      known.add(folder);
      added.push({ path: folder, host: "", type: "folder", executable: false, root: "" });
    }
  }
  return [...items, ...added];
}

/** Whether a file is the one that was unpacked from the layer below: that gave it a time that its content has, and nothing else has such a time by chance. */
function isSame(item: Found, below: LayerEntry | undefined): boolean {
  if (below === undefined || below.type !== item.type) return false;
  if (item.type === "folder") return true;
  if (item.type === "link") return linkTarget(item) === below.target;
  const stat = lstatSync(item.host);
  return (
    stat.size === below.sizeBytes &&
    stat.mtimeMs === contentMtime(below.sha256) * 1000 &&
    item.executable === below.executable
  );
}

/** Files that say that something of the layer below is gone, one for the uppermost path of each. */
function whiteouts(baseline: readonly LayerEntry[], present: ReadonlySet<string>): Found[] {
  const gone = new Set(baseline.filter((entry) => !present.has(entry.path)).map((entry) => entry.path));
  return [...gone]
    .filter((path) => !gone.has(dirname(path)))
    .map((path) => {
      const marker = join(dirname(path), `.wh.${path.slice(path.lastIndexOf("/") + 1)}`);
      return { path: marker, host: "", type: "file" as const, executable: false, root: "" };
    });
}

/** Where a link points; a link into the folder itself is made relative, for the folder has another name in the image. */
function linkTarget(item: Found): string {
  const target = readlinkSync(item.host);
  const inside = target === item.root || target.startsWith(`${item.root}/`);
  return inside ? relative(dirname(item.host), target) || "." : target;
}

function readWhole(fd: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(fd, buffer, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function hashFile(fd: number): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let position = 0; ;) {
    const count = readSync(fd, buffer, 0, buffer.length, position);
    if (count === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
    position += count;
  }
}
