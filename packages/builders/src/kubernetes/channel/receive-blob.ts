import type { IncomingMessage, ServerResponse } from "node:http";
import type { Digest } from "@berth/core";
import type { BlobDraft, HeldSpace, Images } from "@berth/images";
import { offsetHeader } from "./protocol.ts";

/**
 * Takes the rest of a blob in, from where its sender believes it ended. True when it is whole and here; what came before a cut is kept
 * for the next attempt. Throws `disk.full`, `image.corrupt`.
 */
export async function receiveBlob(
  { blobs, space }: Pick<Images, "blobs" | "space">,
  draftName: string,
  digest: Digest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const draft = await blobs.draft(draftName);
  try {
    if (Number(request.headers[offsetHeader] ?? 0) !== draft.sizeBytes) {
      response.writeHead(409, { [offsetHeader]: String(draft.sizeBytes) }).end();
      request.resume();
      await draft.close();
      return false;
    }
    const length = request.headers["content-length"];
    // Of what does not say how long it is nobody knows whether there is room.
    if (length === undefined) {
      response.writeHead(411, { connection: "close" }).end();
      await draft.close();
      return false;
    }
    await space.check(Number(length), "What a build has made");
    await appendAll(draft, request, await space.hold(Number(length)), Number(length));
  } catch (error) {
    await draft.close();
    throw error;
  }
  await draft.finish(digest);
  response.writeHead(201).end();
  return true;
}

/** Several layers come in at once, and none may count on the room that another is about to take. */
async function appendAll(draft: BlobDraft, request: IncomingMessage, held: HeldSpace, length: number): Promise<void> {
  let left = length;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      await draft.append(chunk);
      held.shrinkTo((left -= chunk.length));
    }
  } finally {
    held.release();
  }
}
