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

/** How much of bodies is in memory, of all requests together and of each app's, or of those that have yet to say who they are. */
export interface BodyRoom {
  heldBytes: number;
  heldBy: Map<string, number>;
}

/** Manifests have a few kilobytes; only who wants to harm has so much of them on the way. */
const maxHeldBytes = 64 * 2 ** 20;
/** No one's take all of it from the others. */
const maxHeldByOne = 16 * 2 ** 20;
/** A body that is so small does not take longer on any line. */
const maxBodyMs = 60_000;

/** Uses the whole body, of which at most `maxBytes` are read. Throws `SIZE_INVALID`, and `TOOMANYREQUESTS` where others leave no room. */
export async function withBody<T>(
  request: IncomingMessage,
  response: ServerResponse,
  limits: { maxBytes: number; room: BodyRoom; owner: string },
  use: (body: Buffer) => Promise<T>,
): Promise<T> {
  const { maxBytes, room, owner } = limits;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  admitBody(request, response);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const late = setTimeout(() => request.destroy(), maxBodyMs);
  try {
    for await (const chunk of bodyOf(request)) {
      sizeBytes += chunk.length;
      const own = hold(room, owner, chunk.length);
      chunks.push(chunk);
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      if (room.heldBytes > maxHeldBytes || own > maxHeldByOne) throw noRoom();
    }
    clearTimeout(late);
    return await use(Buffer.concat(chunks));
  } finally {
    clearTimeout(late);
    hold(room, owner, -sizeBytes);
  }
}

/** How much the owner holds from now on. */
function hold(room: BodyRoom, owner: string, bytes: number): number {
  const own = (room.heldBy.get(owner) ?? 0) + bytes;
  room.heldBytes += bytes;
  if (own === 0) room.heldBy.delete(owner);
  else room.heldBy.set(owner, own);
  return own;
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
