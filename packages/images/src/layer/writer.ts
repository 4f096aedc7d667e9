import { createHash } from "node:crypto";
import { closeSync, fdatasync, openSync, readSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import type { Digest } from "@berth/core";
import { encodeHeader, paddingBytes } from "../tar/header.ts";
import { contentMtime, earliestMtime } from "../tar/mtime.ts";
import { Problem } from "../worker/problem.ts";
import { fileMode } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";

const bufferBytes = 1 << 20;
const sync = promisify(fdatasync);

/** What is known of an entry before it is written. */
export interface NewEntry {
  path: string;
  type: LayerEntry["type"];
  executable: boolean;
  oid: string | null;
}

/** Writes a layer's archive entry by entry, hashing it once. Synchronous, for it runs in the worker; memory does not grow with the layer. */
export class LayerWriter {
  readonly path: string;
  readonly entries: LayerEntry[] = [];
  readonly #fd: number;
  readonly #hash = createHash("sha256");
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #filled = 0;
  #offset = 0;
  #open = true;

  /** `path` must not exist yet. */
  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, "wx", 0o644);
  }

  addFolder(path: string): void {
    const header = encodeHeader({
      name: `${path}/`,
      type: "folder",
      mode: 0o755,
      sizeBytes: 0,
      mtime: earliestMtime,
      target: "",
    });
    this.#put(header);
    this.#record({ path, type: "folder", executable: false, oid: null }, 0, "", "", header.length);
  }

  addLink(entry: NewEntry, target: string): void {
    const sha256 = createHash("sha256").update(target).digest("hex");
    const header = encodeHeader({
      name: entry.path,
      type: "link",
      mode: 0o777,
      sizeBytes: 0,
      mtime: contentMtime(sha256),
      target,
    });
    this.#put(header);
    this.#record(entry, 0, "", target, header.length);
  }

  addFile(entry: NewEntry, content: Uint8Array): void {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const header = this.#putFileHeader(entry, content.length, sha256);
    this.#put(content);
    this.#pad(content.length);
    this.#record(entry, content.length, sha256, "", header + content.length + paddingBytes(content.length));
  }

  /** Adds an open file of the host whose content was hashed before: its mtime follows from it and stands in front of it. */
  addOpenFile(entry: NewEntry, fd: number, sizeBytes: number, sha256: string): void {
    const header = this.#putFileHeader(entry, sizeBytes, sha256);
    this.#copy(fd, 0, sizeBytes, entry.path);
    this.#pad(sizeBytes);
    this.#record(entry, sizeBytes, sha256, "", header + sizeBytes + paddingBytes(sizeBytes));
  }

  /** Takes entries that lie one after the other in another layer as they are. */
  addRange(fd: number, entries: readonly LayerEntry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const shift = this.#offset - first.offset;
    let length = 0;
    for (const entry of entries) {
      this.entries.push({ ...entry, offset: entry.offset + shift });
      length += entry.lengthBytes;
    }
    this.#copy(fd, first.offset, length, first.path);
  }

  /** Ends the archive and returns its digest. It is on the disk once `sync` has resolved. */
  finish(): { digest: Digest; sizeBytes: number } {
    this.#put(Buffer.alloc(1024));
    this.#flush();
    return { digest: `sha256:${this.#hash.digest("hex")}`, sizeBytes: this.#offset };
  }

  async sync(): Promise<void> {
    try {
      await sync(this.#fd);
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  #putFileHeader(entry: NewEntry, sizeBytes: number, sha256: string): number {
    const header = encodeHeader({
      name: entry.path,
      type: "file",
      mode: fileMode(entry.executable),
      sizeBytes,
      mtime: contentMtime(sha256),
      target: "",
    });
    this.#put(header);
    return header.length;
  }

  #record(entry: NewEntry, sizeBytes: number, sha256: string, target: string, lengthBytes: number): void {
    const { path, type, executable, oid } = entry;
    this.entries.push({
      path,
      type,
      executable,
      sizeBytes,
      sha256,
      target,
      oid,
      offset: this.#offset - lengthBytes,
      lengthBytes,
    });
  }

  #pad(sizeBytes: number): void {
    const padding = paddingBytes(sizeBytes);
    if (padding > 0) this.#put(Buffer.alloc(padding));
  }

  #put(bytes: Uint8Array): void {
    this.#offset += bytes.length;
    if (bytes.length > bufferBytes - this.#filled) this.#flush();
    if (bytes.length > bufferBytes) {
      this.#write(bytes);
    } else {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  /** Copies a range of a file straight through the buffer. */
  #copy(fd: number, from: number, length: number, path: string): void {
    let rest = length;
    let position = from;
    while (rest > 0) {
      if (this.#filled === bufferBytes) this.#flush();
      const count = readSync(fd, this.#buffer, this.#filled, Math.min(rest, bufferBytes - this.#filled), position);
      if (count === 0) {
        const message = `The file ${path} became shorter while it was read.`;
        throw new Problem("source.unsupported", message, path, "Let nothing change it during the build.");
      }
      this.#filled += count;
      this.#offset += count;
      position += count;
      rest -= count;
    }
  }

  #flush(): void {
    if (this.#filled > 0) this.#write(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
  }
}
