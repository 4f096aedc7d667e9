import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { BerthError } from "@berth/core";

/** The streams a request's body goes through on its way to git: unpacked where the client packed it, and never more than `maxBytes`. */
export function bodyStages(request: IncomingMessage, maxBytes: number): [Readable, ...Transform[]] {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return [request, limitBytes(maxBytes)];
  if (encoding === "gzip" || encoding === "x-gzip") return [request, createGunzip(), limitBytes(maxBytes)];
  throw new BerthError("input.invalid", `The content encoding ${JSON.stringify(encoding)} is not known.`);
}

function limitBytes(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new BerthError("input.invalid", `The request is larger than ${maxBytes} bytes.`));
      else done(null, chunk);
    },
  });
}
