import { BerthError } from "@berth/core";
import type { BlobDraft } from "../../layout/blob-store.ts";
import { isAllowed } from "../auth/authorize.ts";
import { checkDigest, type RepositoryCall } from "../call.ts";
import { answerEmpty } from "../http/answer.ts";
import { type AnyDigest, isDigest, isRepositoryName, isSha256 } from "../names.ts";
import { RegistryError } from "../registry-error.ts";
import type { Repository } from "../repositories/repository.ts";
import { receive, refuseRange } from "../uploads/receive.ts";
import type { UploadOwner } from "../uploads/uploads.ts";

/** POST: takes a whole blob with `digest`, takes one over from another repository with `mount` and `from`, or begins an upload. */
export async function startUpload(call: RepositoryCall): Promise<void> {
  const { response, query, repository } = call;
  const mount = query.get("mount");
  if (mount !== null && isDigest(mount) && (await mountBlob(call, mount, query.get("from")))) {
    return answerCreated(call, mount);
  }
  const whole = query.has("digest") && mount === null ? checkDigest(query.get("digest")) : null;
  const id = await begin(call);
  if (whole === null) return answerEmpty(response, 202, headersOf(repository.name, id, 0));
  try {
    await use(call, id, (draft) => takeLast(call, draft, whole));
  } catch (error) {
    await use(call, id, (draft) => draft.discard()).catch(() => undefined);
    throw error;
  }
  answerCreated(call, whole);
}

/** PATCH: takes what comes next, up to where the connection breaks. */
export async function continueUpload(call: RepositoryCall, id: string): Promise<void> {
  const sizeBytes = await use(call, id, async (draft) => {
    await take(call, id, draft);
    return draft.sizeBytes;
  });
  answerEmpty(call.response, 202, headersOf(call.repository.name, id, sizeBytes));
}

/** PUT: takes the last part, if there is one, and makes it a blob. */
export async function finishUpload(call: RepositoryCall, id: string): Promise<void> {
  const digest = checkDigest(call.query.get("digest"));
  await use(call, id, (draft) => takeLast(call, draft, digest, id));
  answerCreated(call, digest);
}

/** GET: how much has come. */
export async function getUpload({ response, parts, repository }: RepositoryCall, id: string): Promise<void> {
  const sizeBytes = await parts.uploads.sizeBytes(ownerOf(repository), id);
  if (sizeBytes === null)
    throw new RegistryError("BLOB_UPLOAD_UNKNOWN", "There is no such upload here.", { detail: id });
  answerEmpty(response, 204, headersOf(repository.name, id, sizeBytes));
}

export async function cancelUpload(call: RepositoryCall, id: string): Promise<void> {
  await use(call, id, (draft) => draft.discard());
  answerEmpty(call.response, 204);
}

/** False where there is no such blob to take over, or who asks may not pull it there: then it has to be sent. */
async function mountBlob({ parts, identity, repository }: RepositoryCall, digest: AnyDigest, from: string | null) {
  return await parts.repositories.change(repository, async () => {
    const here = await repository.findBlob(digest);
    if (here !== null) return await repository.linkBlob(here.digest);
    if (from === null || !isRepositoryName(from)) return false;
    if (!isAllowed(identity, { type: "repository", name: from, actions: ["pull"] })) return false;
    const there = await (await parts.repositories.find(from))?.findBlob(digest);
    return there ? await repository.linkBlob(there.digest) : false;
  });
}

async function begin({ request, parts, repository }: RepositoryCall): Promise<string> {
  await parts.deps.images.space.check(Number(request.headers["content-length"] ?? 0), "What is sent");
  return await parts.uploads.begin(ownerOf(repository));
}

function use<T>({ request, parts, repository }: RepositoryCall, id: string, work: (draft: BlobDraft) => Promise<T>) {
  return parts.uploads.use(ownerOf(repository), id, request, work);
}

function ownerOf({ app, files }: Repository): UploadOwner {
  return { app, repository: files.folder };
}

async function take({ request, response, parts, repository }: RepositoryCall, id: string | null, draft: BlobDraft) {
  const refuse = refuseRange(id === null ? {} : headersOf(repository.name, id, draft.sizeBytes));
  await receive(request, response, draft, { space: parts.deps.images.space, refuse });
}

/** Takes what is left of a blob, and makes it one of the repository's. */
async function takeLast(call: RepositoryCall, draft: BlobDraft, wanted: AnyDigest, id: string | null = null) {
  const { parts, repository } = call;
  const { repositories } = parts;
  await take(call, id, draft);
  await repositories.change(repository, async () => {
    const { digest } = await draft.finish(isSha256(wanted) ? wanted : null).catch((error: unknown) => {
      throw error instanceof BerthError && error.code === "image.corrupt" ? otherContent(wanted) : error;
    });
    if (!(await repositories.aliases.check(wanted, digest))) throw otherContent(wanted);
    await repository.linkBlob(digest);
  });
}

function otherContent(wanted: AnyDigest): RegistryError {
  return new RegistryError(
    "DIGEST_INVALID",
    "What has come is not what its digest says. Send it again from the start.",
    {
      detail: wanted,
    },
  );
}

function answerCreated({ response, repository }: RepositoryCall, digest: AnyDigest): void {
  answerEmpty(response, 201, {
    location: `/v2/${repository.name}/blobs/${digest}`,
    "docker-content-digest": digest,
  });
}

/** Where an upload goes on. A range cannot be empty: `0-0` is what clients expect of one that has just begun. */
function headersOf(repository: string, id: string, sizeBytes: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(sizeBytes - 1, 0)}`,
    "docker-upload-uuid": id,
  };
}
