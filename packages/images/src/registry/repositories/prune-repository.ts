import { rm } from "node:fs/promises";
import type { Digest } from "@berth/core";
import { hexOf } from "../../layout/paths.ts";
import type { AnyDigest } from "../names.ts";
import type { Aliases } from "./aliases.ts";
import type { ManifestReader } from "./manifest-reader.ts";
import type { Repository } from "./repository.ts";
import { listDigests, readTag } from "./repository-files.ts";

export interface PruneDeps {
  aliases: Aliases;
  reader: ManifestReader;
}

/**
 * Takes out of a repository what has no tag, is not part of what has one, does not refer to what stays, and was not used since
 * `before` (ms since the epoch). Returns all that stays: manifests and blobs. Mark and sweep.
 */
export async function pruneRepository(deps: PruneDeps, repository: Repository, before: number): Promise<Set<Digest>> {
  const { files } = repository;
  const pushed = new Set(await listDigests(files.manifests));
  const kept = await mark(deps, repository, pushed, before);
  for (const digest of pushed.difference(kept)) await files.manifests.remove(hexOf(digest));
  for (const tag of await files.tags.list()) {
    const digest = await readTag(files, tag);
    if (digest === null || !kept.has(digest)) await files.tags.remove(tag);
  }
  for (const subject of await files.subjects()) {
    const referrers = files.referrersOf(subject);
    for (const digest of await listDigests(referrers)) if (!kept.has(digest)) await referrers.remove(hexOf(digest));
  }
  const blobs = await sweepBlobs(deps, repository, kept, before);
  if (kept.size === 0 && blobs.size === 0) await rm(files.folder, { recursive: true, force: true });
  return kept.union(blobs);
}

/** The manifests that stay. */
async function mark(
  { aliases, reader }: PruneDeps,
  { files, released }: Repository,
  pushed: ReadonlySet<Digest>,
  before: number,
): Promise<Set<Digest>> {
  /** By the manifest they are of: a subject may be known by two digests. */
  const subjects = new Map<Digest, AnyDigest[]>();
  const next: Digest[] = [];
  for (const subject of await files.subjects()) {
    const digest = await aliases.resolve(subject);
    if (digest !== null) subjects.set(digest, [...(subjects.get(digest) ?? []), subject]);
  }
  const addReferrers = async (of: Digest): Promise<void> => {
    for (const subject of subjects.get(of) ?? []) next.push(...(await listDigests(files.referrersOf(subject))));
  };

  for (const tag of await files.tags.list()) {
    const digest = await readTag(files, tag);
    if (digest !== null) next.push(digest);
  }
  for (const digest of pushed) if (((await files.manifests.usedAt(hexOf(digest))) ?? 0) >= before) next.push(digest);
  for await (const digest of released.manifests()) await addReferrers(digest);
  const kept = new Set<Digest>();
  for (let digest = next.pop(); digest !== undefined; digest = next.pop()) {
    if (kept.has(digest) || !pushed.has(digest)) continue;
    kept.add(digest);
    next.push(...((await reader.parts(digest))?.manifests ?? []));
    await addReferrers(digest);
  }
  return kept;
}

/** The blobs that stay. */
async function sweepBlobs(
  { reader }: PruneDeps,
  { files }: Repository,
  manifests: ReadonlySet<Digest>,
  before: number,
): Promise<Set<Digest>> {
  const named = new Set<Digest>();
  for (const digest of manifests) for (const blob of (await reader.parts(digest))?.blobs ?? []) named.add(blob);
  const kept = new Set<Digest>();
  for (const digest of await listDigests(files.blobs)) {
    const stays = named.has(digest) || ((await files.blobs.usedAt(hexOf(digest))) ?? 0) >= before;
    if (stays) kept.add(digest);
    else await files.blobs.remove(hexOf(digest));
  }
  return kept;
}
