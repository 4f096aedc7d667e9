import type { FileHandle } from "node:fs/promises";

/** What a compiled file needs of the system it runs on. */
export interface NativeNeeds {
  /** The highest version of glibc whose functions it uses, such as `2.34`; null where it uses none. */
  glibc: string | null;
  /** It is linked against musl. */
  musl: boolean;
}

const versionNeeds = 0x6ffffffe;
const dynamic = 6;
/** Tables are small; what claims to be larger is no file that a loader would take. */
const mostTableBytes = 8 << 20;

interface Section {
  type: number;
  offset: number;
  size: number;
  link: number;
}

/** Reads the tables of a 64-bit little-endian ELF file that name what it needs; null for any other file. Source: the ELF specification and the Linux Standard Base's symbol versioning. */
export async function readNativeNeeds(file: FileHandle): Promise<NativeNeeds | null> {
  const header = await readAt(file, 0, 64);
  if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46) return null;
  // Others are no platform that Berth builds on; that they are compiled is all that is known of them.
  if (header[4] !== 2 || header[5] !== 1) return { glibc: null, musl: false };
  const sections = await readSections(file, header);
  const needs: NativeNeeds = { glibc: null, musl: false };
  for (const section of sections) {
    const strings = sections[section.link];
    if (strings === undefined) continue;
    if (section.type === versionNeeds) {
      for (const name of versionNames(await readAt(file, section.offset, section.size), await load(file, strings))) {
        const version = /^GLIBC_(\d+(?:\.\d+)+)$/.exec(name)?.[1];
        if (version !== undefined) needs.glibc = newerVersion(needs.glibc, version);
      }
    }
    if (section.type === dynamic) {
      const names = neededNames(await readAt(file, section.offset, section.size), await load(file, strings));
      if (names.some((name) => /^(libc\.musl-|ld-musl-)/.test(name))) needs.musl = true;
    }
  }
  return needs;
}

/** The newer of two dotted versions. */
export function newerVersion(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let at = 0; at < Math.max(left!.length, right!.length); at++) {
    const difference = (left![at] ?? 0) - (right![at] ?? 0);
    if (difference !== 0) return difference > 0 ? a : b;
  }
  return a;
}

async function readSections(file: FileHandle, header: Buffer): Promise<Section[]> {
  const offset = Number(header.readBigUInt64LE(0x28));
  const entryBytes = header.readUInt16LE(0x3a);
  const count = header.readUInt16LE(0x3c);
  if (entryBytes < 64) return [];
  const table = await readAt(file, offset, count * entryBytes);
  return Array.from({ length: Math.floor(table.length / entryBytes) }, (_, index) => {
    const at = index * entryBytes;
    return {
      type: table.readUInt32LE(at + 4),
      offset: Number(table.readBigUInt64LE(at + 0x18)),
      size: Number(table.readBigUInt64LE(at + 0x20)),
      link: table.readUInt32LE(at + 0x28),
    };
  });
}

function* versionNames(table: Buffer, strings: Buffer): Generator<string> {
  for (let at = 0; at + 16 <= table.length;) {
    const count = table.readUInt16LE(at + 2);
    let aux = at + table.readUInt32LE(at + 8);
    for (let index = 0; index < count && aux + 16 <= table.length; index++) {
      yield stringAt(strings, table.readUInt32LE(aux + 8));
      const step = table.readUInt32LE(aux + 12);
      if (step === 0) break;
      aux += step;
    }
    const next = table.readUInt32LE(at + 12);
    if (next === 0) return;
    at += next;
  }
}

function neededNames(table: Buffer, strings: Buffer): string[] {
  const names = [];
  for (let at = 0; at + 16 <= table.length; at += 16) {
    if (table.readBigUInt64LE(at) === 1n) names.push(stringAt(strings, Number(table.readBigUInt64LE(at + 8))));
  }
  return names;
}

function stringAt(strings: Buffer, at: number): string {
  const end = strings.indexOf(0, at);
  return strings.toString("latin1", at, end === -1 ? at : end);
}

const load = (file: FileHandle, section: Section) => readAt(file, section.offset, section.size);

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  if (length > mostTableBytes || !Number.isSafeInteger(offset)) return Buffer.alloc(0);
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
