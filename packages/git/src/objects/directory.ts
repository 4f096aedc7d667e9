import { BerthError, type FileMode } from "@berth/core";

export type EntryMode = FileMode | "folder" | "submodule";

/** One entry of a git tree object. */
export interface DirectoryEntry {
  name: string;
  mode: EntryMode;
  oid: string;
}

const modes: ReadonlyMap<string, EntryMode> = new Map([
  ["40000", "folder"],
  ["100644", "100644"],
  // Old versions of git wrote it for a file that the group may write.
  ["100664", "100644"],
  ["100755", "100755"],
  ["120000", "120000"],
  ["160000", "submodule"],
]);
/** What file systems take as a name. */
const maxNameBytes = 255;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a git tree object: `<mode> <name>\0<binary oid>`, repeated. Throws `source.unsupported` for an entry that must not
 * become a file: names that lead out of the tree or into `.git`, names twice, too long or not UTF-8, unknown modes.
 */
export function parseDirectory(content: Buffer, oidBytes: number): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  const names = new Set<string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    const mode = modes.get(content.toString("latin1", at, space));
    const bytes = content.subarray(space + 1, end);
    const name = decodeName(bytes);
    const isName = isPlainName(name) && bytes.length <= maxNameBytes;
    at = end + 1 + oidBytes;
    if (mode === undefined || space === -1 || end === -1 || !isName || names.has(name)) throw unusable(name);
    names.add(name);
    entries.push({ name, mode, oid: content.toString("hex", end + 1, at) });
  }
  return entries;
}

/** The same tree object with another id for one of its entries, or without that entry. */
export function withEntry(content: Buffer, oidBytes: number, name: string, oid: string | null): Buffer {
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(0, at);
    const next = end + 1 + oidBytes;
    if (content.toString("utf8", content.indexOf(0x20, at) + 1, end) === name) {
      const changed = oid === null ? [] : [content.subarray(at, end + 1), Buffer.from(oid, "hex")];
      return Buffer.concat([content.subarray(0, at), ...changed, content.subarray(next)]);
    }
    at = next;
  }
  return content;
}

function decodeName(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw unusable(bytes.toString("latin1"));
  }
}

function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && name.toLowerCase() !== ".git" && !name.includes("/");
}

function unusable(name: string): BerthError {
  return new BerthError(
    "source.unsupported",
    `The tree has an entry that cannot be deployed: ${JSON.stringify(name.slice(0, maxNameBytes))}.`,
    {
      path: name,
      hint: "Rename or remove it: names must be UTF-8, of at most 255 bytes, without `..` and `.git`, and each only once.",
    },
  );
}
