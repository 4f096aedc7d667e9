import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Digest } from "@berth/core";
import { paddingBytes } from "../tar/header.ts";
import { parseTar } from "../tar/parse.ts";
import { codeOf } from "../worker/problem.ts";
import { checkPath } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";

/** The text form of a layer's entries: what is kept beside the layers, so that none has to be read to know what is in it. */
export function encodeRecord(entries: readonly LayerEntry[]): string {
  return JSON.stringify(
    entries.map((e) => [e.path, e.type, e.executable, e.sizeBytes, e.sha256, e.target, e.oid, e.offset, e.lengthBytes]),
  );
}

type Row = [string, LayerEntry["type"], boolean, number, string, string, string | null, number, number];

export function decodeRecord(text: string): LayerEntry[] {
  const rows: Row[] = JSON.parse(text);
  return rows.map(([path, type, executable, sizeBytes, sha256, target, oid, offset, lengthBytes]) => {
    return { path, type, executable, sizeBytes, sha256, target, oid, offset, lengthBytes };
  });
}

/** Keeps a record. It can be made again from the layer, so it is not worth a flush to the disk. */
export function writeRecord(path: string, entries: readonly LayerEntry[], draft: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, encodeRecord(entries));
  renameSync(draft, path);
}

/** The entries of a layer: from its record, or from the layer itself where there is none that can be read. */
export function readRecord(path: string, layerPath: string): LayerEntry[] {
  try {
    return decodeRecord(readFileSync(path, "utf8"));
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
    return scanLayer(layerPath);
  }
}

/** Reads a whole layer to learn what is in it. Git's ids are not in there, so they are null. */
export function scanLayer(layerPath: string): LayerEntry[] {
  const fd = openSync(layerPath, "r");
  try {
    const entries: LayerEntry[] = [];
    for (const parsed of parseTar((offset, length) => readAt(fd, offset, length))) {
      const path = checkPath(parsed.type === "folder" ? parsed.name.replace(/\/$/, "") : parsed.name);
      entries.push({
        path,
        type: parsed.type,
        executable: parsed.type === "file" && (parsed.mode & 0o111) !== 0,
        sizeBytes: parsed.sizeBytes,
        sha256: parsed.type === "file" ? hashRange(fd, parsed.contentOffset, parsed.sizeBytes) : "",
        target: parsed.type === "link" ? parsed.target : "",
        oid: null,
        offset: parsed.offset,
        lengthBytes: parsed.contentOffset + parsed.sizeBytes + paddingBytes(parsed.sizeBytes) - parsed.offset,
      });
    }
    return entries;
  } finally {
    closeSync(fd);
  }
}

export function readAt(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** SHA-256 in hex of a range of an open file. */
export function hashRange(fd: number, offset: number, length: number): string {
  const hash = createHash("sha256");
  const stepBytes = 1 << 20;
  for (let at = 0; at < length; at += stepBytes) hash.update(readAt(fd, offset + at, Math.min(stepBytes, length - at)));
  return hash.digest("hex");
}

/** SHA-256 in hex of the first `sizeBytes` of a file. */
export function hashPath(path: string, sizeBytes: number): string {
  const fd = openSync(path, "r");
  try {
    return hashRange(fd, 0, sizeBytes);
  } finally {
    closeSync(fd);
  }
}

/** Where a layer's record lies below the folder of records. */
export function recordPath(folder: string, digest: Digest): string {
  return `${folder}/${digest.slice("sha256:".length)}.json`;
}
