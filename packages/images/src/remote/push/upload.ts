import type { Digest } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import type { Answer } from "../http/answer.ts";
import { RemoteProblem } from "../http/problem.ts";
import { uploadLocation } from "../http/redirect.ts";
import type { Attempt } from "../http/retry.ts";
import type { OutgoingBody } from "../http/transport.ts";
import { isThere } from "./destination.ts";
import type { Destination } from "./destination.ts";

export interface UploadedBlob {
  digest: Digest;
  sizeBytes: number;
}

/** An upload that a registry has begun. */
interface Upload {
  url: URL;
  /** How much of the blob it has. */
  offset: number;
  /** The least that a piece has to have, but for the last one. */
  leastChunkBytes: number;
  /** Whether it is gone on with after a failure. */
  isResumed: boolean;
}

export interface UploadOptions {
  chunkBytes: number;
  /** A repository of the same registry that may have it. */
  from: string | null;
}

/** Statuses of registries, or of proxies before them, that do not take a blob whole. */
const tooMuchAtOnce: ReadonlySet<number | undefined> = new Set([405, 411, 413, 501]);
/** Who has failed this often with the whole gets pieces. */
const attemptsOfWhole = 2;

/**
 * Uploads a blob: taken over from another repository where there is one that has it, else whole, else in pieces; after a failure it goes
 * on where the registry says that it is. Source: OCI distribution-spec, pushing blobs. Throws a `RemoteProblem`.
 */
export async function uploadBlob(
  destination: Destination,
  blobs: BlobStore,
  blob: UploadedBlob,
  { chunkBytes, from }: UploadOptions,
): Promise<"uploaded" | "mounted" | "present"> {
  let upload: Upload | null = null;
  let inPieces = false;
  const send = (target: Upload, attempt: Attempt) =>
    inPieces || target.offset > 0
      ? sendPieces(destination, blobs, blob, target, inPieces ? chunkBytes : Infinity, attempt)
      : sendWhole(destination, blobs, blob, target);

  return destination.persist(async (attempt) => {
    if (attempt.number > 1) {
      // The answer may be what was lost, and not the blob.
      if (await isThere(destination, "blobs", blob.digest)) return "uploaded";
      upload = upload === null ? null : await askOffset(destination, upload, blob);
      inPieces ||= attempt.number > attemptsOfWhole;
    }
    if (upload === null) {
      upload = await begin(destination, blob, from);
      if (upload === null) return "mounted";
    }
    try {
      await send(upload, attempt);
      return "uploaded";
    } catch (error) {
      if (!(error instanceof RemoteProblem)) throw error;
      const next = nextTry(error, upload.isResumed);
      if (next === null || (next === "pieces" && inPieces)) throw error;
      if (next === "corrupt")
        throw new RemoteProblem("corrupt", error.origin, `got other bytes than those of ${blob.digest}`, error.options);
      upload = null;
      inPieces ||= next === "pieces";
      throw new RemoteProblem("broken", error.origin, error.said, error.options);
    }
  });
}

/** What to do about an upload that was refused: null where trying the same again is all there is, or nothing helps. */
function nextTry(problem: RemoteProblem, isResumed: boolean): "anew" | "pieces" | "corrupt" | null {
  const { status, code } = problem.options;
  if (tooMuchAtOnce.has(status)) return "pieces";
  // Two may disagree about where an upload stopped, and registries forget uploads.
  if (problem.kind === "not-found" || (isResumed && problem.kind === "refused")) return "anew";
  return code === "DIGEST_INVALID" ? "corrupt" : null;
}

/** Begins an upload; null where the registry has taken the blob over from the other repository instead. */
async function begin(destination: Destination, { digest }: UploadedBlob, from: string | null): Promise<Upload | null> {
  const post = { method: "POST", expect: [201, 202] } as const;
  const answer = await mountOrBegin();
  answer.drop();
  return answer.status === 201 ? null : readUpload(answer, 0);

  async function mountOrBegin(): Promise<Answer> {
    const plain = { ...post, target: "blobs/uploads/", expect: [202] };
    if (from === null) return destination.ask(plain);
    const query = new URLSearchParams({ mount: digest, from });
    const scopes = [`repository:${destination.fullName}:pull,push`, `repository:${from}:pull`];
    try {
      return await destination.ask({ ...post, target: `blobs/uploads/?${query}`, scopes });
    } catch (error) {
      // Whoever may not look there, or does not know how to take it over, can still upload it.
      const isRefused = error instanceof RemoteProblem && ["unauthorised", "refused", "not-found"].includes(error.kind);
      if (!isRefused) throw error;
      return destination.ask(plain);
    }
  }
}

async function sendWhole(
  destination: Destination,
  blobs: BlobStore,
  blob: UploadedBlob,
  upload: Upload,
): Promise<void> {
  await finish(destination, blob, upload, {
    sizeBytes: blob.sizeBytes,
    open: () => blobs.read(blob.digest),
  });
}

async function sendPieces(
  destination: Destination,
  blobs: BlobStore,
  blob: UploadedBlob,
  upload: Upload,
  chunkBytes: number,
  attempt: Attempt,
): Promise<void> {
  let current = upload;
  while (current.offset < blob.sizeBytes) {
    const first = current.offset;
    const length = Math.min(Math.max(chunkBytes, current.leastChunkBytes), blob.sizeBytes - first);
    const last = first + length - 1;
    const answer = await destination.ask({
      method: "PATCH",
      target: current.url,
      headers: { "content-type": "application/octet-stream", "content-range": `${first}-${last}` },
      body: { sizeBytes: length, open: () => blobs.read(blob.digest, { first, last }) },
      expect: [202, 204],
    });
    answer.drop();
    current = { ...readUpload(answer, last + 1), isResumed: upload.isResumed };
    // Kept by whoever goes on with it after a failure.
    Object.assign(upload, current);
    attempt.progress();
  }
  await finish(destination, blob, current, { sizeBytes: 0, open: () => blobs.read(blob.digest) });
}

async function finish(
  destination: Destination,
  { digest }: UploadedBlob,
  { url }: Upload,
  body: OutgoingBody,
): Promise<void> {
  const target = new URL(url);
  target.searchParams.set("digest", digest);
  const request = {
    method: "PUT",
    target,
    headers: { "content-type": "application/octet-stream" },
    expect: [201, 204],
  } as const;
  const answer = await destination.ask(body.sizeBytes === 0 ? request : { ...request, body });
  answer.drop();
}

/** How far an upload is; null where it has to begin anew. */
async function askOffset(
  destination: Destination,
  upload: Upload,
  { sizeBytes }: UploadedBlob,
): Promise<Upload | null> {
  try {
    const answer = await destination.ask({ method: "GET", target: upload.url, expect: [204, 202, 200] });
    answer.drop();
    const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? "")?.[1];
    // `0-0` is what registries say of an upload that has nothing yet.
    const offset = last === undefined || last === "0" ? 0 : Number(last) + 1;
    return offset > sizeBytes ? null : readUpload(answer, offset, upload);
  } catch (error) {
    if (error instanceof RemoteProblem && error.options.status !== undefined) return null;
    throw error;
  }
}

function readUpload({ url, headers }: Answer, offset: number, before?: Upload): Upload {
  const { location } = headers;
  const least = Number(headers["oci-chunk-min-length"] ?? 0);
  return {
    url: location === undefined && before !== undefined ? before.url : uploadLocation(url, location),
    offset,
    isResumed: before !== undefined,
    leastChunkBytes: Math.max(before?.leastChunkBytes ?? 0, Number.isSafeInteger(least) ? least : 0),
  };
}
