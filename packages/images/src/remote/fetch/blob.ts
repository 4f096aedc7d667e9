import { BerthError, hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import type { BlobDraft, BlobStore } from "../../layout/blob-store.ts";
import type { Answer } from "../http/answer.ts";
import { RemoteProblem } from "../http/problem.ts";
import { retry } from "../http/retry.ts";
import type { Attempt } from "../http/retry.ts";
import { pull } from "../http/session.ts";
import type { BlobDescriptor } from "../manifest/document.ts";
import type { Place } from "../places/place.ts";
import type { Reach } from "../reach.ts";
import { attemptsOfMirrors } from "./manifest.ts";
import type { Reference } from "./reference.ts";

/** Who has got this much further has not failed in the same place again. */
const progressBytes = 1024 * 1024;

/** How much of a blob has yet to come: an earlier try may have left a part. */
export async function missingBytes(blobs: BlobStore, { digest, sizeBytes }: BlobDescriptor): Promise<number> {
  const left = await blobs.draftState(draftName(digest));
  return Math.max(0, sizeBytes - (left?.sizeBytes ?? 0));
}

function draftName(digest: Digest): string {
  return `fetch-${digest.slice("sha256:".length)}`;
}

/**
 * Fetches a blob into the layout, from where an earlier try has stopped, also one of an earlier process. It is there whole, or not at
 * all. `hear` is told of every byte that is there, once. Throws `PlacesFailed`.
 */
export async function fetchBlob(
  reach: Reach,
  blobs: BlobStore,
  reference: Reference,
  blob: BlobDescriptor,
  signal: AbortSignal,
  hear: (bytes: number) => void,
): Promise<void> {
  const transfer = await openTransfer(blobs, blob, hear);
  try {
    await reach.places.ask(reference.places, signal, (place, isLast) =>
      retry(reach, isLast ? reach.limits.attempts : attemptsOfMirrors, signal, async (attempt) => {
        if (!transfer.isFull()) await receive(reach, transfer, place, reference, attempt, signal);
        await transfer.finish(place);
      }),
    );
  } catch (error) {
    // What is on the disk is gone on with later, unless there is no more room on it.
    await (hasCode(error, "ENOSPC") ? transfer.forget() : transfer.leave());
    throw error;
  }
}

/** The draft of a blob, from whichever places its bytes come. */
interface Transfer {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** How much there is already. */
  have(): number;
  isFull(): boolean;
  /** What comes now is put to what is there. */
  goOn(): void;
  append(chunk: Buffer): Promise<void>;
  /** Begins anew. */
  restart(): Promise<void>;
  /** Makes it a blob. Throws a `RemoteProblem` where it is another one: then there is nothing of it any more. */
  finish(place: Place): Promise<void>;
  leave(): Promise<void>;
  forget(): Promise<void>;
}

async function openTransfer(blobs: BlobStore, blob: BlobDescriptor, hear: (bytes: number) => void): Promise<Transfer> {
  const { digest, sizeBytes } = blob;
  const open = () => blobs.draft(draftName(digest));
  let draft: BlobDraft = await open();
  /** Whether it holds what was not received in one piece, and so may be wrong without the fault of who sent the rest. */
  let isPieced = draft.sizeBytes > 0;
  let heard = 0;
  const tell = () => {
    if (draft.sizeBytes > heard) hear(draft.sizeBytes - heard);
    heard = Math.max(heard, draft.sizeBytes);
  };
  const reopen = async () => {
    draft = await open();
    isPieced = false;
  };
  const restart = async () => {
    await draft.discard();
    await reopen();
  };
  if (draft.sizeBytes > sizeBytes) await restart();
  tell();
  return {
    digest,
    sizeBytes,
    have: () => draft.sizeBytes,
    isFull: () => draft.sizeBytes === sizeBytes,
    goOn: () => void (isPieced ||= draft.sizeBytes > 0),
    async append(chunk) {
      await draft.append(chunk);
      tell();
    },
    restart,
    async finish(place) {
      try {
        await draft.finish(digest);
      } catch (error) {
        if (!(error instanceof BerthError) || error.code !== "image.corrupt") throw error;
        const kind = isPieced ? "broken" : "corrupt";
        await reopen();
        throw new RemoteProblem(kind, place.origin, `sent other bytes than those of ${digest}`, { cause: error });
      }
    },
    leave: () => (draft.sizeBytes === 0 ? draft.discard() : draft.close()),
    forget: () => draft.discard(),
  };
}

/** Appends what is missing, as far as one response brings it. */
async function receive(
  { session }: Reach,
  transfer: Transfer,
  place: Place,
  { repository }: Reference,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const from = transfer.have();
  transfer.goOn();
  const answer = await session.ask(place, repository, {
    method: "GET",
    target: `blobs/${transfer.digest}`,
    scopes: [pull(place, repository)],
    headers: from === 0 ? {} : { range: `bytes=${from}-` },
    expect: from === 0 ? [200] : [200, 206, 416],
    signal,
  });
  if (answer.status === 416 || (answer.status === 206 && rangeStart(answer) !== from)) {
    answer.drop();
    await transfer.restart();
    throw new RemoteProblem("broken", place.origin, "does not go on with a blob where it was left");
  }
  // Who ignores the range sends what is there already once more.
  let skip = answer.status === 200 ? from : 0;
  let mark = from + progressBytes;
  for await (const chunk of answer.chunks()) {
    const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - fresh.length;
    if (fresh.length === 0) continue;
    if (transfer.have() + fresh.length > transfer.sizeBytes) {
      await transfer.restart();
      throw new RemoteProblem(
        "corrupt",
        place.origin,
        `sends more than the ${transfer.sizeBytes} bytes of ${transfer.digest}`,
      );
    }
    await transfer.append(fresh);
    if (transfer.have() < mark) continue;
    attempt.progress();
    mark = transfer.have() + progressBytes;
  }
  if (!transfer.isFull())
    throw new RemoteProblem("broken", place.origin, `ended after ${transfer.have()} of ${transfer.sizeBytes} bytes`);
}

function rangeStart(answer: Answer): number | null {
  const found = /^bytes (\d+)-/.exec(answer.headers["content-range"] ?? "");
  return found === null ? null : Number(found[1]);
}
