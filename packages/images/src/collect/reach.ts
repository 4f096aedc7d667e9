import { readFile, stat } from "node:fs/promises";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import { blobPath } from "../layout/paths.ts";
import type { ImagePaths } from "../layout/paths.ts";
import type { Referrers } from "../layout/referrers.ts";

/** Manifests are small: a larger blob is a layer and names nothing. The limit is the distribution specification's. */
const largestManifestBytes = 4 << 20;
const baseDigest = "org.opencontainers.image.base.digest";

interface NamedParts {
  config?: { digest: Digest };
  layers?: readonly { digest: Digest }[];
  manifests?: readonly { digest: Digest }[];
  annotations?: Readonly<Record<string, string>>;
}

/**
 * What a manifest or an index names: its parts, and the base it lies on, whose manifests are wanted when it is made anew. Anybody who may
 * push has written it: what is no digest of this layout leads nowhere.
 */
export function partsOf(text: string): { manifests: Digest[]; blobs: Digest[] } {
  const parsed: NamedParts = JSON.parse(text);
  const base = parsed.annotations?.[baseDigest];
  const manifests = (parsed.manifests ?? []).map((manifest) => manifest.digest);
  const blobs = [parsed.config, ...(parsed.layers ?? [])].flatMap((part) => part?.digest ?? []);
  return { manifests: [...manifests, base].filter(isDigest), blobs: blobs.filter(isDigest) };
}

/**
 * All blobs that these lead to: through an index to its manifests, through a manifest to its configuration and layers, through an image to
 * what refers to it. What is not there, or says nothing that can be understood, leads no further.
 */
export async function reach(paths: ImagePaths, referrers: Referrers, roots: Iterable<Digest>): Promise<Set<Digest>> {
  const reached = new Set<Digest>();
  const next = [...roots];
  for (let digest = next.pop(); digest !== undefined; digest = next.pop()) {
    if (reached.has(digest)) continue;
    reached.add(digest);
    const text = await readManifest(paths, digest);
    if (text === null) continue;
    const { manifests, blobs } = readParts(text);
    for (const blob of blobs) reached.add(blob);
    next.push(...manifests, ...(await referrers.list(digest)));
  }
  return reached;
}

function readParts(text: string): ReturnType<typeof partsOf> {
  try {
    return partsOf(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return { manifests: [], blobs: [] };
    throw error;
  }
}

/** The text of a blob that may be a manifest; null for any other, and where there is none. */
async function readManifest(paths: ImagePaths, digest: Digest): Promise<string | null> {
  const path = blobPath(paths, digest);
  try {
    if ((await stat(path)).size > largestManifestBytes) return null;
    const bytes = await readFile(path);
    return bytes[0] === 0x7b ? bytes.toString() : null;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && /^sha256:[0-9a-f]{64}$/.test(text);
}
