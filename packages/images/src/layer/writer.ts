import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { Digest } from "@berth/core";
import { encodeHeader, paddingBytes } from "../tar/header.ts";
import { contentMtime, earliestMtime } from "../tar/mtime.ts";
import { Problem } from "../worker/problem.ts";
import { fileMode } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";

const bufferBytes = 1 << 20;
/** For a header that is only to be as long as another. */
const anySha256 = "0".repeat(64);

/** Buffers of writers that are closed: fresh ones would keep the garbage collector busy. */
const spareBuffers: Buffer[] = [];

/** What is known of an entry before it is written. */
export interface NewEntry {
  path: string;
  type: LayerEntry["type"];
  executable: boolean;
  owner: number;
  oid: string | null;
}

/** A file of which the content comes in parts. Nothing else may be added before it is whole. */
export interface FileInParts {
  path: string;
  /** Returns whether the file is whole now. */
  add(part: Uint8Array): boolean;
}

/** Writes a layer's archive entry by entry, hashing it once. Synchronous, for it runs in the worker; memory does not grow with the layer. */
export class LayerWriter {
  readonly path: string;
  readonly entries: LayerEntry[] = [];
  /** The archive, open for reading too. */
  readonly fd: number;
  readonly #hash = createHash("sha256");
  #buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
  #filled = 0;
  #offset = 0;
  #open = true;

  /** `path` must not exist yet. */
  constructor(path: string) {
    this.path = path;
    this.fd = openSync(path, "wx+", 0o644);
  }

  /** How much of the archive can be read by now; of a file that comes in parts nothing that counts. */
  get writtenBytes(): number {
    return this.#offset - this.#filled;
  }

  addFolder(path: string, owner: number): void {
    const header = encodeHeader({
      name: `${path}/`,
      type: "folder",
      mode: 0o755,
      owner,
      sizeBytes: 0,
      mtime: earliestMtime,
      target: "",
    });
    this.#put(header);
    this.#record({ path, type: "folder", executable: false, owner, oid: null }, 0, "", "", header.length);
  }

  addLink(entry: NewEntry, target: string): void {
    const sha256 = createHash("sha256").update(target).digest("hex");
    const header = encodeHeader({
      name: entry.path,
      type: "link",
      mode: 0o777,
      owner: entry.owner,
      sizeBytes: 0,
      mtime: contentMtime(sha256),
      target,
    });
    this.#put(header);
    this.#record(entry, 0, "", target, header.length);
  }

  /** Gives a file that was added before another name. */
  addHardLink(entry: NewEntry, file: LayerEntry): void {
    const header = encodeHeader({
      name: entry.path,
      type: "hardlink",
      mode: fileMode(entry.executable),
      owner: entry.owner,
      sizeBytes: 0,
      mtime: contentMtime(file.sha256),
      target: file.path,
    });
    this.#put(header);
    this.#record({ ...entry, type: "hardlink" }, 0, file.sha256, file.path, header.length);
  }

  addFile(entry: NewEntry, content: Uint8Array): void {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const header = this.#putFileHeader(entry, content.length, sha256);
    this.#put(content);
    this.#pad(content.length);
    this.#record(entry, content.length, sha256, "", header + content.length + paddingBytes(content.length));
  }

  /**
   * Begins a file of this size. Its mtime follows from all of its content and stands in front of it: the header gets its place, is put there
   * at the end, and then the archive's hash takes in what was written.
   */
  addFileInParts(entry: NewEntry, sizeBytes: number): FileInParts {
    this.#flush();
    const hash = createHash("sha256");
    const place = makeFileHeader(entry, sizeBytes, anySha256);
    const begin = this.#offset;
    this.#write(place);
    let missingBytes = sizeBytes;
    const end = () => {
      const sha256 = hash.digest("hex");
      const header = makeFileHeader(entry, sizeBytes, sha256);
      for (let at = 0; at < header.length;) at += writeSync(this.fd, header, at, header.length - at, begin + at);
      this.#offset += header.length + sizeBytes;
      this.#hashWritten(begin, this.#offset);
      this.#pad(sizeBytes);
      this.#record(entry, sizeBytes, sha256, "", header.length + sizeBytes + paddingBytes(sizeBytes));
    };
    return {
      path: entry.path,
      add: (part) => {
        if (part.length > missingBytes) throw new RangeError(`${entry.path} has more than ${sizeBytes} bytes`);
        hash.update(part);
        this.#write(part);
        missingBytes -= part.length;
        if (missingBytes === 0) end();
        return missingBytes === 0;
      },
    };
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

  /** Ends the archive and returns its digest. It is not safe on the disk: it can be made again from the layer's blob. */
  finish(): { diffId: Digest; archiveBytes: number } {
    this.#put(Buffer.alloc(1024));
    this.#flush();
    return { diffId: `sha256:${this.#hash.digest("hex")}`, archiveBytes: this.#offset };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
    if (spareBuffers.length < 2) spareBuffers.push(this.#buffer);
    this.#buffer = Buffer.alloc(0);
  }

  #putFileHeader(entry: NewEntry, sizeBytes: number, sha256: string): number {
    const header = makeFileHeader(entry, sizeBytes, sha256);
    this.#put(header);
    return header.length;
  }

  #record(entry: NewEntry, sizeBytes: number, sha256: string, target: string, lengthBytes: number): void {
    const { path, type, executable, owner, oid } = entry;
    this.entries.push({
      path,
      type,
      executable,
      sizeBytes,
      sha256,
      target,
      owner,
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
      this.#writeHashed(bytes);
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

  /** Takes a range of the archive into its hash. The buffer has to be empty. */
  #hashWritten(from: number, to: number): void {
    for (let at = from; at < to;) {
      const count = readSync(this.fd, this.#buffer, 0, Math.min(bufferBytes, to - at), at);
      if (count === 0) throw new Error(`${this.path} became shorter while it was written`);
      this.#hash.update(this.#buffer.subarray(0, count));
      at += count;
    }
  }

  #flush(): void {
    if (this.#filled > 0) this.#writeHashed(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #writeHashed(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
  }
}

function makeFileHeader(entry: NewEntry, sizeBytes: number, sha256: string): Buffer {
  return encodeHeader({
    name: entry.path,
    type: "file",
    mode: fileMode(entry.executable),
    owner: entry.owner,
    sizeBytes,
    mtime: contentMtime(sha256),
    target: "",
  });
}
