import type { Clock, Digest } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import { hexOf } from "../../layout/paths.ts";
import { type AnyDigest, isReleaseTag, type Reference } from "../names.ts";
import type { Aliases } from "./aliases.ts";
import { listFolder } from "./facts.ts";
import type { ManifestReader } from "./manifest-reader.ts";
import type { Released } from "./released.ts";
import { listDigests, note, readTag, type RepositoryFiles } from "./repository-files.ts";

export interface FoundManifest {
  digest: Digest;
  mediaType: string;
  sizeBytes: number;
}

export interface FoundBlob {
  digest: Digest;
  sizeBytes: number;
}

/** What may be pulled under one name: what was pushed there and, under the name of an app, the images of its releases. */
export interface Repository {
  name: string;
  app: string;
  files: RepositoryFiles;
  released: Released;
  /** An app's own is there with the app, any other from the first push on. */
  isThere(): Promise<boolean>;
  findManifest(reference: Reference): Promise<FoundManifest | null>;
  /** A blob that a manifest here names, or that was uploaded or mounted here. Knowing a digest alone gives no right to it. */
  findBlob(digest: AnyDigest): Promise<FoundBlob | null>;
  /** In the order of their characters' codes. */
  tags(): Promise<string[]>;
  /** Manifests here that name a subject, which need not be here. */
  referrersOf(subject: AnyDigest): Promise<Digest[]>;
  /** Notes that a blob of the layout belongs here; false where the layout has none. */
  linkBlob(digest: Digest): Promise<boolean>;
}

export interface RepositoryDeps {
  blobs: BlobStore;
  aliases: Aliases;
  reader: ManifestReader;
  releaseTags(app: string): Promise<ReadonlyMap<string, Digest>>;
  clock: Pick<Clock, "now">;
}

export function makeRepository(
  deps: RepositoryDeps,
  place: { name: string; app: string; files: RepositoryFiles; released: Released },
): Repository {
  const { blobs, aliases, reader, clock } = deps;
  const { name, app, files, released } = place;
  const isAppsOwn = name === app;
  const releaseTags = async () => (isAppsOwn ? await deps.releaseTags(app) : new Map<string, Digest>());

  async function digestOf(reference: Reference): Promise<Digest | null> {
    if ("digest" in reference) return await aliases.resolve(reference.digest);
    if (isReleaseTag(name, reference.tag)) return (await releaseTags()).get(reference.tag) ?? null;
    return await readTag(files, reference.tag);
  }

  /** The type it was pushed with, or the one it names itself. */
  async function mediaTypeOf(digest: Digest): Promise<string | null> {
    const pushed = await files.manifests.read(hexOf(digest));
    if (pushed !== null) return pushed;
    return (await released.hasManifest(digest)) ? ((await reader.parts(digest))?.mediaType ?? null) : null;
  }

  return {
    name,
    app,
    files,
    released,
    isThere: async () => isAppsOwn || (await listFolder(files.folder)).length > 0,
    async findManifest(reference) {
      const digest = await digestOf(reference);
      if (digest === null) return null;
      const [mediaType, sizeBytes] = [await mediaTypeOf(digest), await blobs.sizeBytes(digest)];
      return mediaType === null || sizeBytes === null ? null : { digest, mediaType, sizeBytes };
    },
    async findBlob(wanted) {
      const digest = await aliases.resolve(wanted);
      if (digest === null) return null;
      const isHere = (await files.blobs.usedAt(hexOf(digest))) !== null || (await released.hasBlob(digest));
      const sizeBytes = isHere ? await blobs.sizeBytes(digest) : null;
      return sizeBytes === null ? null : { digest, sizeBytes };
    },
    async tags() {
      return [...(await files.tags.list()), ...(await releaseTags()).keys()].sort();
    },
    async referrersOf(subject) {
      const digest = await aliases.resolve(subject);
      const stated = digest === null ? [] : await released.referrersOf(digest);
      return [...new Set([...(await listDigests(files.referrersOf(subject))), ...stated])].sort();
    },
    async linkBlob(digest) {
      if (!(await blobs.touch(digest))) return false;
      await note(files.blobs, digest, "", clock.now());
      return true;
    },
  };
}
