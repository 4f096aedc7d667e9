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

/** The whole body, of which at most `maxBytes` are read. Throws `SIZE_INVALID`. */
export async function readBody(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new RegistryError("SIZE_INVALID", `It is larger than ${maxBytes} bytes, the most that is taken.`, { status: 413 });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  admitBody(request, response);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bodyOf(request)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
