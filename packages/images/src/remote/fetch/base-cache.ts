import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import type { Base } from "../../base.ts";
import type { ScannedLayer } from "../libc/scan-layer.ts";
import { digestOf } from "../../layout/blobs.ts";
import { platformText } from "../manifest/select-platform.ts";
import type { WantedPlatform } from "../manifest/select-platform.ts";

/** What is known of bases and their layers, so that it need not be found out again. Losing it costs time alone. */
export interface BaseCache {
  base(digest: Digest, platform: WantedPlatform): Promise<KnownBase | null>;
  keepBase(digest: Digest, platform: WantedPlatform, known: KnownBase): Promise<void>;
  layer(digest: Digest): Promise<ScannedLayer | null>;
  keepLayer(digest: Digest, scanned: ScannedLayer): Promise<void>;
}

export interface KnownBase {
  base: Base;
  /** All that it consists of: its index, manifest, configuration and layers. */
  blobs: readonly Digest[];
}

/** Changes where what is kept means something else than before. */
const format = 2;

export function makeBaseCache(home: string): BaseCache {
  const folder = join(home, "cache", "bases");
  const hex = (digest: Digest) => digest.slice("sha256:".length);
  const pathOfBase = (digest: Digest, platform: WantedPlatform) =>
    join(folder, `${hex(digest)}-${platformText(platform).replace(/[^\w.-]/g, "-")}.json`);
  const pathOfLayer = (digest: Digest) => join(folder, "layers", `${hex(digest)}.json`);

  return {
    base: (digest, platform) => readKept<KnownBase>(pathOfBase(digest, platform)),
    keepBase: (digest, platform, known) => keep(pathOfBase(digest, platform), known),
    layer: (digest) => readKept<ScannedLayer>(pathOfLayer(digest)),
    keepLayer: (digest, scanned) => keep(pathOfLayer(digest), scanned),
  };
}

async function readKept<T>(path: string): Promise<T | null> {
  try {
    const kept: { format: number; value: T; checksum: Digest } = JSON.parse(await readFile(path, "utf8"));
    return kept.format === format && kept.checksum === checksumOf(kept.value) ? kept.value : null;
  } catch (error) {
    // A crash of the machine may leave it empty.
    if (hasCode(error, "ENOENT") || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What was changed since it was written is as good as lost. */
function checksumOf(value: unknown): Digest {
  return digestOf(JSON.stringify(value) ?? "");
}

async function keep(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(draft, JSON.stringify({ format, value, checksum: checksumOf(value) }));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
