import { pipeline } from "node:stream/promises";
import { checkDigest, type RepositoryCall } from "../call.ts";
import { answerEmpty, writeHead } from "../http/answer.ts";
import { matchesTag, selectRange } from "../http/range.ts";
import { RegistryError } from "../registry-error.ts";

/** GET and HEAD, whole or one range of it. It is read as fast as the client takes it. */
export async function getBlob({ request, response, parts, repository }: RepositoryCall, text: string): Promise<void> {
  const digest = checkDigest(text);
  const found = await repository.findBlob(digest);
  if (found === null)
    throw new RegistryError("BLOB_UNKNOWN", `${repository.name} has no blob ${text}.`, { detail: text });
  const { sizeBytes } = found;
  const entityTag = `"${digest}"`;
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: entityTag,
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=31536000, immutable",
  };
  if (matchesTag(request.headers["if-none-match"], entityTag)) return answerEmpty(response, 304, headers);
  if (request.method === "HEAD") {
    writeHead(response, 200, { ...headers, "content-length": sizeBytes });
    return void response.end();
  }
  const condition = request.headers["if-range"];
  const holds = typeof condition !== "string" || matchesTag(condition, entityTag);
  const range = holds ? selectRange(request.headers.range, sizeBytes) : null;
  if (range === "unsatisfiable") {
    throw new RegistryError("SIZE_INVALID", `The blob has ${sizeBytes} bytes; that range lies outside.`, {
      status: 416,
      headers: { "content-range": `bytes */${sizeBytes}` },
    });
  }
  if (range === null) {
    writeHead(response, 200, { ...headers, "content-length": sizeBytes });
  } else {
    writeHead(response, 206, {
      ...headers,
      "content-length": range.last - range.first + 1,
      "content-range": `bytes ${range.first}-${range.last}/${sizeBytes}`,
    });
  }
  await pipeline(parts.deps.images.blobs.read(found.digest, range ?? undefined), response);
}

export async function deleteBlob({ response, parts, repository }: RepositoryCall, text: string): Promise<void> {
  await parts.repositories.removeBlob(repository, checkDigest(text));
  answerEmpty(response, 202);
}
