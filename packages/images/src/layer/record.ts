import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Digest } from "@berth/core";
import { paddingBytes } from "../tar/header.ts";
import { parseTar } from "../tar/parse.ts";
import type { ParsedEntry } from "../tar/parse.ts";
import { codeOf } from "../worker/problem.ts";
import type { Member } from "./blob-writer.ts";
import { plainMediaType } from "./compression.ts";
import { checkPath, imageOwner } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";
import { hashRange, readAt } from "./read-at.ts";

/** What is known of a layer without reading it: kept beside the layers, and made again from a layer where it is lost. */
export interface LayerRecord {
  mediaType: string;
  diffId: Digest;
  /** Of the blob. */
  sizeBytes: number;
  /** Of the plain archive. */
  archiveBytes: number;
  entries: readonly LayerEntry[];
  /** The parts of the blob; empty where they are not known. */
  members: readonly Member[];
}

type EntryRow = [string, LayerEntry["type"], boolean, number, string, string, string | null, number, number, number?];
type MemberRow = [number, number, number, number];

interface RecordText extends Omit<LayerRecord, "entries" | "members"> {
  entries: EntryRow[];
  members: MemberRow[];
}

export function encodeRecord(record: LayerRecord): string {
  const text: RecordText = {
    ...record,
    entries: record.entries.map((e) => [
      ...([e.path, e.type, e.executable, e.sizeBytes, e.sha256, e.target, e.oid, e.offset, e.lengthBytes] as const),
      e.owner,
    ]),
    members: record.members.map((m) => [m.plainBytes, m.plainChecksum, m.sizeBytes, m.checksum]),
  };
  return JSON.stringify(text);
}

/** Reads a record, also one of the time when layers were not compressed: that has entries alone. */
export function decodeRecord(text: string, digest: Digest): LayerRecord {
  const parsed: RecordText | EntryRow[] = JSON.parse(text);
  if (Array.isArray(parsed)) return plainRecord(digest, parsed.map(decodeEntry));
  const members = parsed.members.map(([plainBytes, plainChecksum, sizeBytes, checksum]) => {
    return { plainBytes, plainChecksum, sizeBytes, checksum };
  });
  return { ...parsed, entries: parsed.entries.map(decodeEntry), members };
}

function decodeEntry(row: EntryRow): LayerEntry {
  const [path, type, executable, sizeBytes, sha256, target, oid, offset, lengthBytes, owner = imageOwner] = row;
  return { path, type, executable, sizeBytes, sha256, target, oid, offset, lengthBytes, owner };
}

/** The record of a layer whose blob is the archive itself. */
function plainRecord(digest: Digest, entries: readonly LayerEntry[]): LayerRecord {
  const last = entries.at(-1);
  const sizeBytes = (last === undefined ? 0 : last.offset + last.lengthBytes) + 1024;
  return { mediaType: plainMediaType, diffId: digest, sizeBytes, archiveBytes: sizeBytes, entries, members: [] };
}

/** Keeps a record. It can be made again from the layer, so it is not worth a flush to the disk. */
export function writeRecord(path: string, record: LayerRecord, draft: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(draft, encodeRecord(record));
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** The record of a layer; null where there is none that can be read. */
export function readRecord(path: string, digest: Digest): LayerRecord | null {
  try {
    return decodeRecord(readFileSync(path, "utf8"), digest);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** Reads a whole archive to learn what is in it. Git's ids are not in there, so they are null. */
export function scanArchive(path: string): { entries: LayerEntry[]; archiveBytes: number } {
  const fd = openSync(path, "r");
  try {
    const entries: LayerEntry[] = [];
    const files = new Map<string, string>();
    for (const parsed of parseTar((offset, length) => readAt(fd, offset, length))) {
      const entry = scanEntry(fd, parsed, files);
      if (entry.type === "file") files.set(entry.path, entry.sha256);
      entries.push(entry);
    }
    return { entries, archiveBytes: fstatSync(fd).size };
  } finally {
    closeSync(fd);
  }
}

function scanEntry(fd: number, parsed: ParsedEntry, files: ReadonlyMap<string, string>): LayerEntry {
  const { type, sizeBytes, offset, contentOffset, owner } = parsed;
  const isFile = type === "file" || type === "hardlink";
  return {
    path: checkPath(type === "folder" ? parsed.name.replace(/\/$/, "") : parsed.name),
    type,
    executable: isFile && (parsed.mode & 0o111) !== 0,
    sizeBytes,
    sha256: type === "file" ? hashRange(fd, contentOffset, sizeBytes) : (files.get(parsed.target) ?? ""),
    target: type === "link" || type === "hardlink" ? parsed.target : "",
    owner,
    oid: null,
    offset,
    lengthBytes: contentOffset + sizeBytes + paddingBytes(sizeBytes) - offset,
  };
}

/** Where a layer's record lies below the folder of records. */
export function recordPath(folder: string, digest: Digest): string {
  return `${folder}/${digest.slice("sha256:".length)}.json`;
}
