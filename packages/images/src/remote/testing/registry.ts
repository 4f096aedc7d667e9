import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Digest } from "@berth/core";
import { onTestFinished } from "vitest";
import { digestOf } from "../../layout/blobs.ts";

/** What was asked of a server. */
export interface Asked {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
}

/** Answers a request itself, or leaves it to the registry by returning false. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface TestRegistry {
  /** Such as `127.0.0.1:40001`. */
  host: string;
  origin: string;
  asked: Asked[];
  /** Those that were asked for with this method and a path that contains this. */
  askedFor(method: string, part: string): Asked[];
  blobs: Map<Digest, Buffer>;
  /** By tag and by digest, whatever the repository. */
  manifests: Map<string, { mediaType: string; bytes: Buffer }>;
  /** Lets a test misbehave; replaced at any time. */
  intercept: Intercept;
  /** Blobs that came in pieces, and how many pieces each. */
  pieces: Map<Digest, number>;
}

/** A registry on a port of its own, as far as pulling and pushing need one, that does what a test wants it to do wrong. */
export async function serveRegistry(): Promise<TestRegistry> {
  const uploads = new Map<string, Buffer[]>();
  const registry: TestRegistry = {
    host: "",
    origin: "",
    asked: [],
    askedFor: (method, part) => registry.asked.filter((one) => one.method === method && one.path.includes(part)),
    blobs: new Map(),
    manifests: new Map(),
    intercept: () => false,
    pieces: new Map(),
  };
  registry.origin = await serve(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    registry.asked.push({ method, path, headers });
    if (await registry.intercept(request, response)) return;
    await answer(registry, uploads, request, response);
  });
  registry.host = new URL(registry.origin).host;
  return registry;
}

/** A server that is gone when the test has ended; its origin. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
): Promise<string> {
  const server: Server = createServer((request, response) => {
    response.on("error", () => {});
    void (async () => handle(request, response))().catch((error: unknown) => {
      // A client that is gone ends what was read of it.
      if (!response.headersSent && !request.destroyed) response.writeHead(500).end(String(error));
      else response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
}

export function sendError(response: ServerResponse, status: number, code: string, message: string, headers = {}): true {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
  return true;
}

async function answer(
  registry: TestRegistry,
  uploads: Map<string, Buffer[]>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "", registry.origin);
  const [, name = "", kind, rest = ""] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(url.pathname) ?? [];
  if (kind === "tags") {
    const tags = [...registry.manifests.keys()].filter((key) => !key.startsWith("sha256:"));
    response.end(JSON.stringify({ name, tags }));
    return;
  }
  if (kind === "blobs" && rest.startsWith("uploads/")) return upload(registry, uploads, request, response, url, name);
  if (kind === "manifests" && request.method === "PUT") {
    const bytes = await readBody(request);
    const mediaType = request.headers["content-type"] ?? "";
    for (const key of [rest, digestOf(bytes)]) registry.manifests.set(key, { mediaType, bytes });
    response.writeHead(201, { "docker-content-digest": digestOf(bytes) }).end();
    return;
  }
  const manifest = kind === "manifests" ? registry.manifests.get(rest) : undefined;
  const bytes = manifest?.bytes ?? (kind === "blobs" ? registry.blobs.get(rest as Digest) : undefined);
  if (bytes === undefined) {
    sendError(response, 404, kind === "manifests" ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN", "unknown");
    return;
  }
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const part = bytes.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    "content-length": part.length,
    "content-type": manifest?.mediaType ?? "application/octet-stream",
    "docker-content-digest": digestOf(bytes),
    ...(from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : part);
}

async function upload(
  registry: TestRegistry,
  uploads: Map<string, Buffer[]>,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  name: string,
): Promise<void> {
  const location = (id: string) => ({ location: `/v2/${name}/blobs/uploads/${id}` });
  if (request.method === "POST") {
    const mount = url.searchParams.get("mount") as Digest | null;
    if (mount !== null && registry.blobs.has(mount)) {
      response.writeHead(201, { location: `/v2/${name}/blobs/${mount}` }).end();
      return;
    }
    const id = `upload-${registry.asked.length}`;
    uploads.set(id, []);
    response.writeHead(202, location(id)).end();
    return;
  }
  const id = url.pathname.split("/").at(-1) ?? "";
  const parts = uploads.get(id);
  if (parts === undefined) {
    sendError(response, 404, "BLOB_UPLOAD_UNKNOWN", "unknown");
    return;
  }
  const range = () => ({ range: `0-${Math.max(0, Buffer.concat(parts).length - 1)}` });
  if (request.method === "GET") {
    response.writeHead(204, { ...location(id), ...range() }).end();
    return;
  }
  // What arrives counts, also where the client is gone before the end.
  for await (const chunk of request as AsyncIterable<Buffer>) parts.push(chunk);
  if (request.method === "PATCH") {
    parts.push(Buffer.alloc(0));
    response.writeHead(202, { ...location(id), ...range() }).end();
    return;
  }
  const bytes = Buffer.concat(parts);
  const digest = digestOf(bytes);
  if (digest !== url.searchParams.get("digest")) {
    sendError(response, 400, "DIGEST_INVALID", `it is ${digest}`);
    return;
  }
  uploads.delete(id);
  registry.blobs.set(digest, bytes);
  response.writeHead(201, { location: `/v2/${name}/blobs/${digest}` }).end();
}
