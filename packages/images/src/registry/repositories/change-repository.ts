import type { Clock, Digest } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import { hexOf } from "../../layout/paths.ts";
import type { AnyDigest } from "../names.ts";
import { RegistryError } from "../registry-error.ts";
import type { ManifestContent, NamedContent } from "./manifest-content.ts";
import type { ManifestReader } from "./manifest-reader.ts";
import type { FoundManifest, Repository } from "./repository.ts";
import { listDigests, note, readTag, type RepositoryFiles } from "./repository-files.ts";

export interface ChangeDeps {
  blobs: BlobStore;
  reader: ManifestReader;
  clock: Pick<Clock, "now">;
}

export interface NewManifest {
  bytes: Uint8Array;
  mediaType: string;
  content: ManifestContent;
  tag: string | null;
}

/** Takes a manifest in, whose parts all have to be here, and points its tag at it. Throws `MANIFEST_BLOB_UNKNOWN`, `MANIFEST_INVALID`. */
export async function putManifest(deps: ChangeDeps, repository: Repository, manifest: NewManifest): Promise<Digest> {
  const { blobs, clock } = deps;
  const { files } = repository;
  const { content, tag } = manifest;
  const layers: Digest[] = [];
  for (const named of content.blobs) {
    const found = await repository.findBlob(named.digest);
    // One that may lie elsewhere becomes nobody's by being named.
    if (found === null && named.isElsewhere) continue;
    layers.push(checkPart(repository, named, found).digest);
  }
  const children: FoundManifest[] = [];
  for (const named of content.manifests) {
    children.push(checkPart(repository, named, await repository.findManifest({ digest: named.digest })));
  }
  for (const digest of layers) await repository.linkBlob(digest);
  for (const child of children) await adopt(deps, repository, child);
  const digest = await blobs.put(manifest.bytes);
  await files.manifests.write(hexOf(digest), manifest.mediaType, clock.now());
  if (content.subject !== null) await note(files.referrersOf(content.subject), digest, "", clock.now());
  if (tag !== null) await moveTag(deps, repository, tag, digest);
  return digest;
}

function checkPart<Found extends { sizeBytes: number }>(
  repository: Repository,
  named: NamedContent,
  found: Found | null,
): Found {
  if (found === null) {
    throw new RegistryError("MANIFEST_BLOB_UNKNOWN", `${repository.name} has no ${named.digest}. Push it first.`, {
      detail: named.digest,
    });
  }
  if (found.sizeBytes === named.sizeBytes) return found;
  const sizes = `${named.sizeBytes} bytes, but it has ${found.sizeBytes}`;
  throw new RegistryError("MANIFEST_INVALID", `The manifest cannot be taken: it gives ${named.digest} ${sizes}.`, {
    detail: named.digest,
  });
}

/** Makes an image of a release, with what it consists of, the repository's own, so that it stays when the release goes. */
async function adopt(deps: ChangeDeps, repository: Repository, { digest, mediaType }: FoundManifest): Promise<void> {
  const { files } = repository;
  if (await files.manifests.touch(hexOf(digest), deps.clock.now())) return;
  const parts = await deps.reader.parts(digest);
  for (const blob of parts?.blobs ?? []) await repository.linkBlob(blob);
  for (const child of parts?.manifests ?? []) {
    const found = await repository.findManifest({ digest: child });
    if (found !== null) await adopt(deps, repository, found);
  }
  await note(files.manifests, digest, mediaType, deps.clock.now());
}

async function moveTag({ clock }: ChangeDeps, { files }: Repository, tag: string, digest: Digest): Promise<void> {
  await spare({ clock }, files, tag);
  await files.tags.write(tag, digest, clock.now());
}

/** Removes a tag; its manifest stays until it is collected. Throws `MANIFEST_UNKNOWN`. */
export async function removeTag({ clock }: ChangeDeps, { name, files }: Repository, tag: string): Promise<void> {
  await spare({ clock }, files, tag);
  if (await files.tags.remove(tag)) return;
  throw new RegistryError("MANIFEST_UNKNOWN", `${name} has no tag ${tag}.`, { detail: tag });
}

/** What loses its tag stays as long as what was just pushed without one: somebody may be about to pull it by digest. */
async function spare({ clock }: Pick<ChangeDeps, "clock">, files: RepositoryFiles, tag: string): Promise<void> {
  const digest = await readTag(files, tag);
  if (digest !== null) await files.manifests.touch(hexOf(digest), clock.now());
}

/** Removes a manifest with its tags. Throws `MANIFEST_UNKNOWN`; `DENIED` for a release's, `UNSUPPORTED` for a part of another. */
export async function removeManifest(deps: ChangeDeps, repository: Repository, wanted: AnyDigest): Promise<void> {
  const { name, files } = repository;
  const found = await repository.findManifest({ digest: wanted });
  if (found === null)
    throw new RegistryError("MANIFEST_UNKNOWN", `${name} has no manifest ${wanted}.`, { detail: wanted });
  const { digest } = found;
  if (await repository.released.hasManifest(digest)) throw partOfRelease(digest);
  await refusePartOfManifest(deps, repository, digest, "manifests");
  for (const tag of await files.tags.list()) if ((await readTag(files, tag)) === digest) await files.tags.remove(tag);
  const subject = (await deps.reader.content(digest))?.subject ?? null;
  if (subject !== null) await files.referrersOf(subject).remove(hexOf(digest));
  await files.manifests.remove(hexOf(digest));
}

/** Takes a blob out of the repository. Throws `BLOB_UNKNOWN`; `DENIED` for a release's, `UNSUPPORTED` for a part of a manifest. */
export async function removeBlob(deps: ChangeDeps, repository: Repository, wanted: AnyDigest): Promise<void> {
  const found = await repository.findBlob(wanted);
  if (found === null)
    throw new RegistryError("BLOB_UNKNOWN", `${repository.name} has no blob ${wanted}.`, { detail: wanted });
  if (await repository.released.hasBlob(found.digest)) throw partOfRelease(found.digest);
  await refusePartOfManifest(deps, repository, found.digest, "blobs");
  await repository.files.blobs.remove(hexOf(found.digest));
}

async function refusePartOfManifest(
  { reader }: ChangeDeps,
  { files }: Repository,
  digest: Digest,
  kind: "blobs" | "manifests",
): Promise<void> {
  for (const manifest of await listDigests(files.manifests)) {
    if (!(await reader.parts(manifest))?.[kind].includes(digest)) continue;
    throw new RegistryError("UNSUPPORTED", `It is part of the manifest ${manifest}. Delete that first.`, {
      detail: digest,
    });
  }
}

function partOfRelease(digest: Digest): RegistryError {
  return new RegistryError("DENIED", "It is part of a release, and goes when the release does.", { detail: digest });
}
