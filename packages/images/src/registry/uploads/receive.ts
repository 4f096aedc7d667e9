import type { IncomingMessage, ServerResponse } from "node:http";
import type { BlobDraft } from "../../layout/blob-store.ts";
import { admitBody, bodyOf } from "../http/body.ts";
import { RegistryError } from "../registry-error.ts";
import type { DiskSpace } from "../../layout/disk-space.ts";
import { type ContentRange, parseContentRange } from "./content-range.ts";

/** Room is kept for so much at a time, whatever a client has announced: one that then sends nothing would keep it from all others. */
const stepBytes = 4 * 2 ** 20;

/** The error for a part that does not begin where the upload ends; `headers` say where that is. */
export function refuseRange(headers: Readonly<Record<string, string>>): (why: string) => RegistryError {
  return (why) => new RegistryError("BLOB_UPLOAD_INVALID", why, { status: 416, headers });
}

/**
 * Appends a request's body to a draft as it comes; the client sends no faster than the disk takes it. What has come when the connection
 * breaks stays. Throws `BLOB_UPLOAD_INVALID`, `SIZE_INVALID`, `disk.full`.
 */
export async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  draft: BlobDraft,
  options: { space: DiskSpace; refuse: (why: string) => RegistryError },
): Promise<void> {
  const length = request.headers["content-length"];
  const range = checkRange(request, draft.sizeBytes, options.refuse);
  await options.space.check(Number(length ?? 0), "What is sent");
  let left = Math.min(Number(length ?? stepBytes), stepBytes);
  let room = await options.space.hold(left);
  try {
    admitBody(request, response);
    const endsAt = range === null ? Infinity : range.last + 1;
    for await (const chunk of bodyOf(request)) {
      if (draft.sizeBytes + chunk.length > endsAt) throw wrongLength();
      if (chunk.length > left) {
        room.release();
        left = Math.max(stepBytes, chunk.length);
        room = await options.space.hold(left);
      }
      await draft.append(chunk);
      left -= chunk.length;
      room.shrinkTo(left);
    }
    if (range !== null && draft.sizeBytes !== endsAt) throw wrongLength();
  } finally {
    room.release();
  }
}

function checkRange(
  request: IncomingMessage,
  sizeBytes: number,
  refuse: (why: string) => RegistryError,
): ContentRange | null {
  const header = request.headers["content-range"];
  if (header === undefined) return null;
  const range = parseContentRange(header);
  if (range === null) throw refuse(`Content-Range ${JSON.stringify(header)} is not a range.`);
  if (range.first !== sizeBytes) throw refuse(`The upload goes on at byte ${sizeBytes}, not at ${range.first}.`);
  const length = request.headers["content-length"];
  if (length !== undefined && Number(length) !== range.last - range.first + 1) throw wrongLength();
  return range;
}

function wrongLength(): RegistryError {
  return new RegistryError("SIZE_INVALID", "The part is not as long as its Content-Range says.");
}
