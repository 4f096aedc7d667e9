import { open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { isLink } from "../is-link.ts";
import type { Secrets } from "./secrets.ts";

const chunkBytes = 1 << 20;

/** The first file below these paths of a folder whose name, target or content has a secret in it, and which one; null where none has. */
export async function findSecret(
  folder: string,
  paths: readonly string[],
  secrets: Secrets,
  signal: AbortSignal,
): Promise<{ path: string; name: string } | null> {
  if (secrets.forms.length === 0) return null;
  for (const path of paths) {
    const start = path === "." ? "" : path;
    // What a link leads to is packed with its own path, or lies outside of the build.
    const look = (await isLink(join(folder, start))) ? inLink : findIn;
    const found = await look(folder, start, secrets, signal);
    if (found !== null) return found;
  }
  return null;
}

async function findIn(
  folder: string,
  path: string,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<{ path: string; name: string } | null> {
  signal.throwIfAborted();
  const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => null);
  // A path of a plan may be a file, or not be there.
  if (entries === null) return inFile(folder, path, secrets);
  for (const entry of entries) {
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    const inName = nameIn(Buffer.from(entry.name), secrets);
    if (inName !== null) return { path: secrets.mask(below), name: inName };
    if (entry.isDirectory()) {
      const found = await findIn(folder, below, secrets, signal);
      if (found !== null) return found;
    } else if (entry.isSymbolicLink()) {
      const found = await inLink(folder, below, secrets);
      if (found !== null) return found;
    } else if (entry.isFile()) {
      const found = await inFile(folder, below, secrets);
      if (found !== null) return found;
    }
  }
  return null;
}

async function inLink(folder: string, path: string, secrets: Secrets): Promise<{ path: string; name: string } | null> {
  const name = nameIn(Buffer.from(await readlink(join(folder, path))), secrets);
  return name === null ? null : { path, name };
}

async function inFile(folder: string, path: string, secrets: Secrets): Promise<{ path: string; name: string } | null> {
  const handle = await open(join(folder, path)).catch(() => null);
  if (handle === null) return null;
  try {
    const overlap = Math.max(...secrets.forms.map(({ bytes }) => bytes.length)) - 1;
    const buffer = Buffer.allocUnsafe(chunkBytes + overlap);
    for (let kept = 0; ;) {
      const { bytesRead } = await handle.read(buffer, kept, chunkBytes, null);
      if (bytesRead === 0) return null;
      const filled = kept + bytesRead;
      const name = nameIn(buffer.subarray(0, filled), secrets);
      if (name !== null) return { path, name };
      // A value may lie across the border of two reads.
      kept = Math.min(overlap, filled);
      buffer.copyWithin(0, filled - kept, filled);
    }
  } finally {
    await handle.close();
  }
}

function nameIn(bytes: Buffer, secrets: Secrets): string | null {
  return secrets.forms.find((form) => bytes.includes(form.bytes))?.name ?? null;
}
