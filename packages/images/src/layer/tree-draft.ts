import { closeSync, openSync } from "node:fs";
import { checkSourcePath, checkTarget, checkWritable, ownerOf, sortByBytes } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";
import type { TreeFile } from "./tree-files.ts";
import { LayerWriter } from "./writer.ts";
import type { FileInParts, NewEntry } from "./writer.ts";

/** A layer to build upon: what has not changed is taken from its archive as it is. */
export interface PreviousArchive {
  path: string;
  entries: readonly LayerEntry[];
}

/** So much is taken from the layer before at once. */
const runLimitBytes = 1 << 20;

type Planned =
  | { kind: "folder"; path: string; owner: number }
  | { kind: "same"; entry: LayerEntry }
  | { kind: "new"; entry: NewEntry };

/** A layer of a source tree in the making: it asks for the contents it lacks, in order, and takes the rest from the layer before. */
export class TreeDraft {
  /** Indexes into the given files, in the order in which their contents are fed. */
  readonly needed: number[] = [];
  /** True where the previous layer is exactly this one. */
  readonly unchanged: boolean;
  readonly writer: LayerWriter;
  readonly #plan: Planned[] = [];
  #previousFd: number | null;
  #next = 0;
  /** The file of which some parts are there. */
  #begun: FileInParts | null = null;

  /** `writable` are the folders of the image that instances may change; they are in the layer even where they are empty. */
  constructor(
    draftPath: string,
    prefix: string,
    files: readonly TreeFile[],
    writable: readonly string[],
    previous: PreviousArchive | null,
  ) {
    const before = new Map(previous?.entries.map((entry) => [entry.path, entry]));
    const placed = files.map((file, index) => {
      const path = checkSourcePath(prefix === "" ? file.path : `${prefix}/${file.path}`);
      return { ...file, path, type: "file" as const, index };
    });
    const paths = new Set(writable.length === 0 ? [] : placed.map(({ path }) => path));
    checkWritable(writable, (path) => paths.has(path));
    const kept = writable.filter((path) => !paths.has(path));
    const sorted = sortByBytes([
      ...placed,
      ...kept.map((path) => ({ path, type: "folder" as const, mode: null, oid: "", index: -1 })),
    ]);
    const folders = new Set<string>();
    for (const { path, mode, oid, index } of sorted) {
      this.#planFolders(mode === null ? `${path}/` : path, folders, writable, before);
      if (mode === null) continue;
      const type = mode === "120000" ? "link" : "file";
      const entry = { path, type, executable: mode === "100755", owner: ownerOf(path, writable), oid } as const;
      const old = before.get(path);
      if (old !== undefined && old.oid === oid && isLike(old, entry)) {
        this.#plan.push({ kind: "same", entry: old });
      } else {
        this.#plan.push({ kind: "new", entry });
        this.needed.push(index);
      }
    }
    const isSame = this.#plan.every((planned) => planned.kind === "same");
    this.unchanged = isSame && previous !== null && previous.entries.length === this.#plan.length;
    this.#previousFd = previous === null ? null : openSync(previous.path, "r");
    this.writer = new LayerWriter(draftPath);
  }

  /** Writes all entries up to and including the next one that needs content. */
  feed(content: Uint8Array): void {
    const planned = this.#nextNew();
    if (planned.type === "link") {
      this.writer.addLink(planned, checkTarget(planned.path, Buffer.from(content).toString()));
    } else this.writer.addFile(planned, content);
  }

  /** Takes the next part of a content that has `sizeBytes`; the entries before it are written with the first. */
  feedPart(part: Uint8Array, sizeBytes: number): void {
    this.#begun ??= this.writer.addFileInParts(this.#nextNew(), sizeBytes);
    if (this.#begun.add(part)) this.#begun = null;
  }

  /** Writes what is left; the writer has all entries then. Calls `written` now and then. */
  async finish(written: () => Promise<void>): Promise<void> {
    while (this.#begun === null && this.#next < this.#plan.length) {
      const missing = this.#writeRun();
      if (missing !== null) throw new Error(`the content of ${missing.path} was not given`);
      await written();
    }
    if (this.#begun !== null) throw new Error(`the content of ${this.#begun.path} was not given`);
    this.close();
  }

  /** Lets go of the layer before. */
  close(): void {
    if (this.#previousFd !== null) closeSync(this.#previousFd);
    this.#previousFd = null;
  }

  #planFolders(
    path: string,
    known: Set<string>,
    writable: readonly string[],
    before: ReadonlyMap<string, LayerEntry>,
  ): void {
    const missing: string[] = [];
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      if (known.has(folder)) break;
      known.add(folder);
      missing.push(folder);
    }
    for (const folder of missing.reverse()) {
      const owner = ownerOf(folder, writable);
      const old = before.get(folder);
      const isSame = old?.type === "folder" && old.owner === owner;
      this.#plan.push(isSame ? { kind: "same", entry: old } : { kind: "folder", path: folder, owner });
    }
  }

  #nextNew(): NewEntry {
    if (this.#begun !== null) throw new Error(`the content of ${this.#begun.path} was not given to its end`);
    const planned = this.#writeUntilNew();
    if (planned === null) throw new Error("more contents than were asked for");
    return planned;
  }

  #writeUntilNew(): NewEntry | null {
    while (this.#next < this.#plan.length) {
      const entry = this.#writeRun();
      if (entry !== null) return entry;
    }
    return null;
  }

  /** Writes entries until there is one that needs content, which is returned, or a good deal was taken from the layer before. */
  #writeRun(): NewEntry | null {
    let run: LayerEntry[] = [];
    let end = 0;
    let runBytes = 0;
    const flush = () => {
      if (this.#previousFd !== null) this.writer.addRange(this.#previousFd, run);
      run = [];
    };
    while (this.#next < this.#plan.length && runBytes < runLimitBytes) {
      const planned = this.#plan[this.#next++];
      if (planned?.kind === "same") {
        const { entry } = planned;
        if (run.length > 0 && end !== entry.offset) flush();
        run.push(entry);
        end = entry.offset + entry.lengthBytes;
        runBytes += entry.lengthBytes;
      } else if (planned !== undefined) {
        flush();
        if (planned.kind === "new") return planned.entry;
        this.writer.addFolder(planned.path, planned.owner);
      }
    }
    flush();
    return null;
  }
}

function isLike(old: LayerEntry, entry: NewEntry): boolean {
  return old.type === entry.type && old.executable === entry.executable && old.owner === entry.owner;
}
