import { join } from "node:path";
import type { Digest } from "@berth/core";
import { hexOf } from "../../layout/paths.ts";
import { type AnyDigest, isDigest, isSha256 } from "../names.ts";
import { type Facts, listFolder, makeFacts } from "./facts.ts";

/** What is noted of one repository: a small file for each tag, manifest, blob and referrer. */
export interface RepositoryFiles {
  folder: string;
  /** By tag: the digest of its manifest. */
  tags: Facts;
  /** By the hex digits of its digest: the media type that a manifest was pushed with. */
  manifests: Facts;
  /** By the hex digits of its digest: that a blob was uploaded or mounted, or is part of a manifest. */
  blobs: Facts;
  /** By the hex digits of its digest: that a manifest refers to the subject. */
  referrersOf(subject: AnyDigest): Facts;
  /** What there are referrers of. */
  subjects(): Promise<AnyDigest[]>;
}

/** `drafts` is a folder of the same file system. */
export function makeRepositoryFiles(folder: string, drafts: string): RepositoryFiles {
  const factsOf = (name: string) => makeFacts(join(folder, name), drafts);
  return {
    folder,
    tags: factsOf("tags"),
    manifests: factsOf("manifests"),
    blobs: factsOf("blobs"),
    referrersOf: (subject) => factsOf(join("referrers", subject.replace(":", "-"))),
    async subjects() {
      const names = await listFolder(join(folder, "referrers"));
      return names.map((name) => name.replace("-", ":")).filter(isDigest);
    },
  };
}

/** The digests that are noted by their hex digits. */
export async function listDigests(facts: Facts): Promise<Digest[]> {
  return (await facts.list()).map((hex): Digest => `sha256:${hex}`);
}

/** The digest that a tag stands for; null where there is no such tag. */
export async function readTag({ tags }: RepositoryFiles, tag: string): Promise<Digest | null> {
  const found = await tags.read(tag);
  return found !== null && isSha256(found) ? found : null;
}

/** Notes a digest, or that one that is noted is used now. */
export async function note(facts: Facts, digest: Digest, text: string, now: number): Promise<void> {
  const hex = hexOf(digest);
  if (!(await facts.touch(hex, now))) await facts.write(hex, text, now);
}
