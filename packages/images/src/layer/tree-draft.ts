import { closeSync, openSync } from "node:fs";
import type { FileMode } from "@berth/core";
import { checkSourcePath, sortByBytes } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";
import { LayerWriter } from "./writer.ts";
import type { FileInParts, NewEntry } from "./writer.ts";

/** A file of a source tree as the worker is told of it. */
export interface TreeFile {
  path: string;
  mode: FileMode;
  oid: string;
}

/** A layer to build upon: what has not changed is taken from there as it is. */
export interface PreviousLayer {
  path: string;
  entries: readonly LayerEntry[];
}

type Planned =
  | { kind: "folder"; path: string }
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
  readonly #previousFd: number | null;
  #next = 0;
  /** The file of which some parts are there. */
  #begun: FileInParts | null = null;

  constructor(draftPath: string, prefix: string, files: readonly TreeFile[], previous: PreviousLayer | null) {
    const before = new Map(previous?.entries.map((entry) => [entry.path, entry]));
    const sorted = sortByBytes(
      files.map((file, index) => {
        return {
          ...file,
          path: checkSourcePath(prefix === "" ? file.path : `${prefix}/${file.path}`),
          type: "file" as const,
          index,
        };
      }),
    );
    const folders = new Set<string>();
    for (const file of sorted) {
      this.#planFolders(file.path, folders, before);
      const type = file.mode === "120000" ? "link" : "file";
      const executable = file.mode === "100755";
      const old = before.get(file.path);
      if (old !== undefined && old.oid === file.oid && old.type === type && old.executable === executable) {
        this.#plan.push({ kind: "same", entry: old });
      } else {
        this.#plan.push({ kind: "new", entry: { path: file.path, type, executable, oid: file.oid } });
        this.needed.push(file.index);
      }
    }
    this.unchanged = previous !== null && this.needed.length === 0 && previous.entries.length === this.#plan.length;
    this.writer = new LayerWriter(draftPath);
    this.#previousFd = previous === null ? null : openSync(previous.path, "r");
  }

  /** Writes all entries up to and including the next one that needs content. */
  feed(content: Uint8Array): void {
    const planned = this.#nextNew();
    if (planned.type === "link") this.writer.addLink(planned, Buffer.from(content).toString());
    else this.writer.addFile(planned, content);
  }

  /** Takes the next part of a content that has `sizeBytes`; the entries before it are written with the first. */
  feedPart(part: Uint8Array, sizeBytes: number): void {
    this.#begun ??= this.writer.addFileInParts(this.#nextNew(), sizeBytes);
    if (this.#begun.add(part)) this.#begun = null;
  }

  finish(): ReturnType<LayerWriter["finish"]> {
    const missing = this.#begun ?? this.#writeUntilNew();
    if (missing !== null) throw new Error(`the content of ${missing.path} was not given`);
    this.#closePrevious();
    return this.writer.finish();
  }

  abort(): void {
    this.#closePrevious();
    this.writer.close();
  }

  #planFolders(path: string, known: Set<string>, before: ReadonlyMap<string, LayerEntry>): void {
    const missing: string[] = [];
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      if (known.has(folder)) break;
      known.add(folder);
      missing.push(folder);
    }
    for (const folder of missing.reverse()) {
      const old = before.get(folder);
      this.#plan.push(old?.type === "folder" ? { kind: "same", entry: old } : { kind: "folder", path: folder });
    }
  }

  #nextNew(): NewEntry {
    if (this.#begun !== null) throw new Error(`the content of ${this.#begun.path} was not given to its end`);
    const planned = this.#writeUntilNew();
    if (planned === null) throw new Error("more contents than were asked for");
    return planned;
  }

  #writeUntilNew(): NewEntry | null {
    let run: LayerEntry[] = [];
    const flush = () => {
      if (this.#previousFd !== null) this.writer.addRange(this.#previousFd, run);
      run = [];
    };
    while (this.#next < this.#plan.length) {
      const planned = this.#plan[this.#next++];
      if (planned?.kind === "same") {
        const last = run.at(-1);
        if (last !== undefined && last.offset + last.lengthBytes !== planned.entry.offset) flush();
        run.push(planned.entry);
      } else if (planned !== undefined) {
        flush();
        if (planned.kind === "new") return planned.entry;
        this.writer.addFolder(planned.path);
      }
    }
    flush();
    return null;
  }

  #closePrevious(): void {
    if (this.#previousFd !== null) closeSync(this.#previousFd);
  }
}
