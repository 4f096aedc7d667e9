import { createHash } from "node:crypto";
import type { Digest } from "@berth/core";

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const namePattern = new RegExp(`^${component}(?:/${component})*$`);
const maxNameLength = 255;
const tagPattern = /^\w[\w.-]{0,127}$/;
const sha256Pattern = /^sha256:[0-9a-f]{64}$/;
const sha512Pattern = /^sha512:[0-9a-f]{128}$/;
const releaseTagPattern = /^v\d+(-.*)?$/;

/** A digest as a client may write it. The layout knows blobs by SHA-256 alone; `Aliases` tells which one another digest means. */
export type AnyDigest = Digest | `sha512:${string}`;

/** What names a manifest in a repository. */
export type Reference = { tag: string } | { digest: AnyDigest };

/** Whether a text is a repository's name by the grammar of the distribution spec. */
export function isRepositoryName(text: string): boolean {
  return text.length <= maxNameLength && namePattern.test(text);
}

/** The app that a repository belongs to: `shop` of `shop` and of `shop/tools`. */
export function appOf(repository: string): string {
  const cut = repository.indexOf("/");
  return cut === -1 ? repository : repository.slice(0, cut);
}

export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Whether a tag of an app's own repository stands for a release (`v12`, `v12-web`): nobody can push one. */
export function isReleaseTag(repository: string, tag: string): boolean {
  return repository === appOf(repository) && releaseTagPattern.test(tag);
}

export function isSha256(text: string): text is Digest {
  return sha256Pattern.test(text);
}

export function isDigest(text: string): text is AnyDigest {
  return isSha256(text) || sha512Pattern.test(text);
}

/** Whether content is what a digest says. */
export function isDigestOf(digest: AnyDigest, bytes: Uint8Array): boolean {
  const [algorithm = "", hex] = digest.split(":");
  return createHash(algorithm).update(bytes).digest("hex") === hex;
}

/** Null where the text is neither a tag nor a digest. */
export function parseReference(text: string): Reference | null {
  if (isDigest(text)) return { digest: text };
  return isTag(text) ? { tag: text } : null;
}
