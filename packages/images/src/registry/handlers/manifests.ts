import { pipeline } from "node:stream/promises";
import { hexOf } from "../../layout/paths.ts";
import type { RepositoryCall } from "../call.ts";
import { accepts } from "../http/accept.ts";
import { answerEmpty, writeHead } from "../http/answer.ts";
import { withBody } from "../http/body.ts";
import { matchesTag } from "../http/range.ts";
import { isDigestOf, isReleaseTag, parseReference, type Reference } from "../names.ts";
import { RegistryError } from "../registry-error.ts";
import {
  type ManifestContent,
  manifestKinds,
  maxManifestBytes,
  parseManifest,
} from "../repositories/manifest-content.ts";

/** GET and HEAD: the bytes exactly as they were pushed. */
export async function getManifest(call: RepositoryCall, text: string): Promise<void> {
  const { request, response, parts, repository } = call;
  const reference = parseReference(text);
  const found = reference === null ? null : await repository.findManifest(reference);
  if (reference === null || found === null) {
    throw new RegistryError("MANIFEST_UNKNOWN", await unknownText(call, text), { detail: text });
  }
  const { digest, mediaType, sizeBytes } = found;
  if (!accepts(request.headers.accept, mediaType)) {
    const why = `It is of the type ${mediaType}, which the request does not accept.`;
    throw new RegistryError("MANIFEST_UNKNOWN", why, { detail: text });
  }
  const entityTag = `"${digest}"`;
  const headers = {
    "content-type": mediaType,
    "docker-content-digest": "digest" in reference ? reference.digest : digest,
    etag: entityTag,
    "cache-control": "private, no-cache",
  };
  if (matchesTag(request.headers["if-none-match"], entityTag)) return answerEmpty(response, 304, headers);
  writeHead(response, 200, { ...headers, "content-length": sizeBytes });
  if (request.method === "HEAD") return void response.end();
  // Pulled by its digest it may have no tag; then this says that somebody still needs it.
  await repository.files.manifests.touch(hexOf(digest), parts.deps.clock.now());
  await pipeline(parts.deps.images.blobs.read(digest), response);
}

/** That there is none, and for a release of several services, whose tags say which one is meant, what those are. */
async function unknownText({ repository }: RepositoryCall, text: string): Promise<string> {
  if (isReleaseTag(repository.name, text)) {
    const services = (await repository.tags()).filter(
      (tag) => isReleaseTag(repository.name, tag) && tag.startsWith(`${text}-`),
    );
    if (services.length > 0) return `${text} has several services: ${services.join(", ")}.`;
  }
  return `${repository.name} has no manifest ${text}.`;
}

/** Takes a manifest in under a tag or its digest. */
export async function putManifest(call: RepositoryCall, text: string): Promise<void> {
  const reference = readReference(text);
  if (isOfRelease(call, reference)) {
    const why = `Tags like ${text} stand for releases: a deploy makes them. Choose another, such as ci-${text}.`;
    throw new RegistryError("DENIED", why, { detail: text });
  }
  const limits = { maxBytes: maxManifestBytes, room: call.parts.room, owner: call.repository.app };
  await withBody(call.request, call.response, limits, (bytes) => keep(call, reference, bytes));
}

async function keep(call: RepositoryCall, reference: Reference, bytes: Buffer): Promise<void> {
  const { request, response, parts, repository } = call;
  const content = parseManifest(bytes);
  const mediaType = checkType(request.headers["content-type"], content);
  if ("digest" in reference && !isDigestOf(reference.digest, bytes)) {
    throw new RegistryError("DIGEST_INVALID", "The manifest is not what its digest says.", {
      detail: reference.digest,
    });
  }
  const tag = "tag" in reference ? reference.tag : null;
  const digest = await parts.repositories.putManifest(repository, { bytes, mediaType, content, tag });
  const named = "digest" in reference ? reference.digest : digest;
  await parts.repositories.aliases.check(named, digest);
  await audit(call, "image.push", tag === null ? `@${digest}` : `:${tag} ${digest}`);
  answerEmpty(response, 201, {
    location: `/v2/${repository.name}/manifests/${named}`,
    "docker-content-digest": named,
    ...(content.subject !== null && { "oci-subject": content.subject }),
  });
}

/** Removes a tag, or a manifest with all of its tags. */
export async function deleteManifest(call: RepositoryCall, text: string): Promise<void> {
  const { response, parts, repository } = call;
  const reference = readReference(text);
  if (isOfRelease(call, reference)) {
    const why = `The tag ${text} stands for a release, and goes with it: it cannot be deleted.`;
    throw new RegistryError("DENIED", why, { detail: text });
  }
  if ("tag" in reference) await parts.repositories.removeTag(repository, reference.tag);
  else await parts.repositories.removeManifest(repository, reference.digest);
  await audit(call, "image.delete", "tag" in reference ? `:${reference.tag}` : `@${reference.digest}`);
  answerEmpty(response, 202);
}

/** What a change is about. Throws `DIGEST_INVALID`, `MANIFEST_INVALID`. */
function readReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference !== null) return reference;
  throw text.includes(":")
    ? new RegistryError("DIGEST_INVALID", "That is not a digest: sha256:<64 hex digits> is one.", { detail: text })
    : new RegistryError("MANIFEST_INVALID", "That does not fit as a tag: use A-Z, a-z, 0-9, _, . and -.", {
        detail: text,
      });
}

/** Whether it is a tag that only a deploy makes. */
function isOfRelease({ repository }: RepositoryCall, reference: Reference): boolean {
  return "tag" in reference && isReleaseTag(repository.name, reference.tag);
}

/** The media type that a manifest is kept with. Throws `MANIFEST_INVALID` where it is none that is taken, or not what the manifest is. */
function checkType(header: string | undefined, content: ManifestContent): string {
  const given = header?.split(";")[0]?.trim() ?? "";
  const mediaType = given === "" ? content.mediaType : given;
  const kind = mediaType === null ? undefined : manifestKinds[mediaType];
  if (mediaType === null || kind === undefined) {
    throw new RegistryError("MANIFEST_INVALID", `Manifests of the type ${JSON.stringify(mediaType)} are not taken.`);
  }
  if (kind !== content.kind || (content.mediaType !== null && content.mediaType !== mediaType)) {
    const why = `The manifest is sent as ${mediaType}, but it is ${content.mediaType ?? `an ${content.kind}`}.`;
    throw new RegistryError("MANIFEST_INVALID", why);
  }
  return mediaType;
}

async function audit(
  { parts, identity, repository }: RepositoryCall,
  action: "image.push" | "image.delete",
  what: string,
): Promise<void> {
  const detail = `${repository.name}${what}`;
  await parts.deps.audit({ person: identity.person, action, app: repository.app, detail });
}
