import type { Digest } from "@berth/core";
import { readConfig, readManifest } from "../manifest/document.ts";
import type { BlobDescriptor, IndexEntry, ManifestPlatform } from "../manifest/document.ts";
import { isImageConfig } from "../manifest/media-types.ts";
import { selectPlatform } from "../manifest/select-platform.ts";
import type { WantedPlatform } from "../manifest/select-platform.ts";
import type { Parts } from "./parts.ts";
import type { Reference } from "./reference.ts";
import { unfitBase, wrongPlatform } from "./unfit.ts";

export interface ChosenManifest {
  digest: Digest;
  bytes: Buffer;
  config: BlobDescriptor;
  layers: readonly BlobDescriptor[];
}

/** An index may lead to another one, but not without end. */
const deepestIndex = 3;
/** So many manifests that do not say where they run are looked into. */
const mostUnnamed = 8;

type Blobs = (digest: Digest) => Promise<Buffer>;

/** The manifest of a platform, and the indexes that led to it, the first one first. Throws `base.unfit`, `PlacesFailed`. */
export async function chooseManifest(
  parts: Parts,
  reference: Reference,
  digest: Digest,
  wanted: WantedPlatform,
  signal: AbortSignal,
  readBlob: Blobs,
): Promise<{ manifest: ChosenManifest; indexes: { digest: Digest; bytes: Buffer }[] }> {
  const indexes: { digest: Digest; bytes: Buffer }[] = [];
  for (let current = digest; ;) {
    const bytes = await parts.manifest(reference, current, signal);
    const document = readManifest(bytes);
    if (document.kind === "other") throw unfitBase(reference, document.why);
    if (document.kind === "manifest") {
      const { config, layers } = document;
      return { manifest: { digest: current, bytes, config, layers }, indexes };
    }
    indexes.push({ digest: current, bytes });
    if (indexes.length > deepestIndex) throw unfitBase(reference, "its index leads to another one again and again");
    const named = await nameEntries(parts, reference, document.entries, wanted, signal, readBlob);
    const found = selectPlatform(named, wanted);
    if (found === null) throw wrongPlatform(reference, wanted, platformsOf(named));
    current = found.digest;
  }
}

/** The entries with where they run; where the index does not say it, their configurations do. */
async function nameEntries(
  parts: Parts,
  reference: Reference,
  entries: readonly IndexEntry[],
  wanted: WantedPlatform,
  signal: AbortSignal,
  readBlob: Blobs,
): Promise<IndexEntry[]> {
  const named = entries.filter(({ platform }) => platform !== null);
  if (selectPlatform(named, wanted) !== null) return named;
  for (const entry of entries.filter(({ platform }) => platform === null).slice(0, mostUnnamed)) {
    const document = readManifest(await parts.manifest(reference, entry.digest, signal));
    if (document.kind !== "manifest" || !isImageConfig(document.config.mediaType)) continue;
    await parts.blob(reference, document.config, signal, () => {});
    const platform = readConfig(await readBlob(document.config.digest))?.platform ?? null;
    named.push({ ...entry, platform });
  }
  return named;
}

/** What there is to run; a build's attestations are listed as `unknown/unknown`. */
function platformsOf(entries: readonly IndexEntry[]): ManifestPlatform[] {
  return entries.flatMap(({ platform }) => (platform === null || platform.os === "unknown" ? [] : [platform]));
}
