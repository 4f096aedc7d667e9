import type { IncomingMessage, ServerResponse } from "node:http";
import type { BlobDraft } from "../../layout/blob-store.ts";
import { admitBody, bodyOf } from "../http/body.ts";
import { RegistryError } from "../registry-error.ts";
import { type ContentRange, parseContentRange } from "./content-range.ts";
import { ensureSpace } from "./space.ts";

/** The room on the disk is looked at again after so many bytes. */
const lookEveryBytes = 64 * 2 ** 20;

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
  options: { freeBytes: () => Promise<number>; refuse: (why: string) => RegistryError },
): Promise<void> {
  const length = request.headers["content-length"];
  const range = checkRange(request, draft.sizeBytes, options.refuse);
  await ensureSpace(options.freeBytes, Number(length ?? 0));
  admitBody(request, response);
  const endsAt = range === null ? Infinity : range.last + 1;
  let unlooked = 0;
  for await (const chunk of bodyOf(request)) {
    if (draft.sizeBytes + chunk.length > endsAt) throw wrongLength();
    unlooked += chunk.length;
    if (unlooked >= lookEveryBytes) {
      await ensureSpace(options.freeBytes, 0);
      unlooked = 0;
    }
    await draft.append(chunk);
  }
  if (range !== null && draft.sizeBytes !== endsAt) throw wrongLength();
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
