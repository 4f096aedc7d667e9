import { createHash } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Digest } from "@berth/core";
import { createZstdInflate } from "@berth/core/inflate-zstd";
import type { ByteRange } from "../../layout/blob-store.ts";
import { makeTarSkimmer } from "../../tar/skim.ts";
import { libcOfPath, removalOfPath, versionInText, versionOfPath } from "./find-libc.ts";
import type { LibcFacts, LibcFile } from "./find-libc.ts";

export interface ScannedLayer extends LibcFacts {
  /** Of the plain archive. */
  diffId: Digest;
}

/** Reads a layer once, from first to last byte. Throws where it is no archive. */
export async function scanLayer(read: (range?: ByteRange) => Readable, signal: AbortSignal): Promise<ScannedLayer> {
  const hash = createHash("sha256");
  const found: LibcFile[] = [];
  const removed: LibcFacts["removed"][number][] = [];
  const skimmer = makeTarSkimmer(({ path, type }) => {
    const removal = removalOfPath(path);
    if (removal !== null) removed.push(removal);
    const libc = libcOfPath(path);
    if (libc === "musl") found.push({ path, libc, version: null });
    if (libc !== "glibc" || type !== "file") return null;
    // A file of this name may be another library's: it counts once it says what it is.
    return findVersion((version) => found.push({ path, libc, version: versionOfPath(path) ?? version }));
  });
  const skim = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      skimmer.push(chunk);
    }
  };
  const head = Buffer.concat(await read({ first: 0, last: 3 }).toArray());
  const unpacker = unpackerOf(head);
  await (unpacker === null ? pipeline(read(), skim, { signal }) : pipeline(read(), unpacker, skim, { signal }));
  skimmer.end();
  return { diffId: `sha256:${hash.digest("hex")}`, found, removed };
}

/** A layer is packed as its first bytes say: what registries call it is not always true. */
function unpackerOf(head: Buffer): Duplex | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip();
  if (head.length === 4 && head.readUInt32LE(0) === 0xfd2fb528) return createZstdInflate();
  return null;
}

/** So much of what was read before is looked at together with what follows: longer than what is searched for. */
const overlapBytes = 256;

function findVersion(tell: (version: string) => void): (piece: Buffer) => void {
  let before = "";
  let isKnown = false;
  return (piece) => {
    if (isKnown) return;
    const text = before + piece.toString("latin1");
    const version = versionInText(text);
    before = text.slice(-overlapBytes);
    if (version === null) return;
    isKnown = true;
    tell(version);
  };
}
