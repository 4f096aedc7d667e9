export const blockBytes = 512;

export interface TarHeader {
  /** Without a leading slash; a folder's ends in one. */
  name: string;
  /** A `link` is a symbolic one, a `hardlink` another name of a file that came before. */
  type: "file" | "link" | "folder" | "hardlink";
  /** Permission bits alone. */
  mode: number;
  /** User and group, by number. */
  owner: number;
  sizeBytes: number;
  /** Seconds since the epoch. */
  mtime: number;
  /** Where a symbolic link points, or the name of the file that a hard link is another one of; empty otherwise. */
  target: string;
}

const typeFlags = { file: "0", hardlink: "1", link: "2", folder: "5" } as const;
/** What eleven octal digits can say: 8 GiB - 1. */
const largestUstarSize = 0o77777777777;
// oxlint-disable-next-line no-control-regex -- what is beyond plain ASCII needs a pax record
const beyondAscii = /[^\x20-\x7e]/;

/** The bytes that follow content up to the next block. */
export function paddingBytes(sizeBytes: number): number {
  return (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
}

/**
 * The header of a tar entry as POSIX.1-2001 has it: plain ustar, preceded by a pax extended header only where a name, a link's target
 * or a size does not fit. Owner and group have no names.
 */
export function encodeHeader(header: TarHeader): Buffer {
  const split = beyondAscii.test(header.name) ? null : splitName(header.name);
  const targetFits = header.target.length <= 100 && !beyondAscii.test(header.target);
  const sizeFits = header.sizeBytes <= largestUstarSize;
  const records: string[] = [];
  if (!targetFits) records.push(paxRecord("linkpath", header.target));
  if (split === null) records.push(paxRecord("path", header.name));
  if (!sizeFits) records.push(paxRecord("size", String(header.sizeBytes)));
  const main = ustarBlock({
    name: split?.name ?? asciiTail(header.name, 100),
    prefix: split?.prefix ?? "",
    flag: typeFlags[header.type],
    mode: header.mode,
    owner: header.owner,
    sizeBytes: sizeFits ? header.sizeBytes : 0,
    mtime: header.mtime,
    target: targetFits ? header.target : asciiTail(header.target, 100),
  });
  if (records.length === 0) return main;
  const body = Buffer.from(records.join(""));
  const extended = ustarBlock({
    name: "PaxHeaders/entry",
    prefix: "",
    flag: "x",
    mode: 0o644,
    owner: 0,
    sizeBytes: body.length,
    mtime: header.mtime,
    target: "",
  });
  return Buffer.concat([extended, body, Buffer.alloc(paddingBytes(body.length)), main]);
}

/** A name of up to 256 bytes as ustar's prefix and name, divided at a slash; null where it cannot be. */
function splitName(name: string): { prefix: string; name: string } | null {
  if (name.length <= 100) return { prefix: "", name };
  if (name.length > 256) return null;
  // The slash that divides them is in neither; a folder's own last slash does not count.
  const slash = name.indexOf("/", name.length - 101);
  if (slash <= 0 || slash > 155 || slash >= name.length - 1) return null;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** `<length> <key>=<value>\n`, where the length counts itself, in bytes. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** What a reader without pax sees: the end of the name, which is where names differ. */
function asciiTail(text: string, length: number): string {
  return text.replace(new RegExp(beyondAscii.source, "g"), "_").slice(-length);
}

interface UstarFields {
  name: string;
  prefix: string;
  flag: string;
  mode: number;
  owner: number;
  sizeBytes: number;
  mtime: number;
  target: string;
}

function ustarBlock(fields: UstarFields): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(fields.name, 0, "latin1");
  octal(block, fields.mode, 100, 8);
  octal(block, fields.owner, 108, 8);
  octal(block, fields.owner, 116, 8);
  octal(block, fields.sizeBytes, 124, 12);
  octal(block, fields.mtime, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(fields.flag, 156, "latin1");
  block.write(fields.target, 157, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  octal(block, 0, 329, 8);
  octal(block, 0, 337, 8);
  block.write(fields.prefix, 345, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148, "latin1");
  return block;
}

function octal(block: Buffer, value: number, offset: number, width: number): void {
  block.write(value.toString(8).padStart(width - 1, "0"), offset, "latin1");
}
