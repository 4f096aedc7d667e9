import type { IncomingMessage, ServerResponse } from "node:http";
import { RegistryError } from "../registry-error.ts";

/** Says that a body may come, to a client that waits for that: only once it is clear that it will be taken. */
export function admitBody(request: IncomingMessage, response: ServerResponse): void {
  if (/^100-continue$/i.test(request.headers.expect ?? "")) response.writeContinue();
}

/** The body in pieces. Leaving the loop leaves the connection as it is, so that an answer still gets out. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

/** How much of bodies is in memory, of all requests together. */
export interface BodyRoom {
  heldBytes: number;
}

/** Manifests have a few kilobytes; only who wants to harm has so much of them on the way. */
const maxHeldBytes = 64 * 2 ** 20;

/** Uses the whole body, of which at most `maxBytes` are read. Throws `SIZE_INVALID`, and `TOOMANYREQUESTS` where bodies of others leave no room. */
export async function withBody<T>(
  request: IncomingMessage,
  response: ServerResponse,
  limits: { maxBytes: number; room: BodyRoom },
  use: (body: Buffer) => Promise<T>,
): Promise<T> {
  const { maxBytes, room } = limits;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  admitBody(request, response);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of bodyOf(request)) {
      sizeBytes += chunk.length;
      room.heldBytes += chunk.length;
      chunks.push(chunk);
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      if (room.heldBytes > maxHeldBytes) throw noRoom();
    }
    return await use(Buffer.concat(chunks));
  } finally {
    room.heldBytes -= sizeBytes;
  }
}

function tooLarge(maxBytes: number): RegistryError {
  return new RegistryError("SIZE_INVALID", `It is larger than ${maxBytes} bytes, the most that is taken.`, {
    status: 413,
  });
}

function noRoom(): RegistryError {
  return new RegistryError("TOOMANYREQUESTS", "Too much is being pushed at once. Try again in a moment.", {
    headers: { "retry-after": "1" },
  });
}
