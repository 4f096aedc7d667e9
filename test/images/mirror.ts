import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { onTestFinished } from "vitest";
import { registryUrl } from "../support/parts.ts";

/** What a registry does with a request of its own accord. What it leaves without an answer goes on to the real registry. */
export type Misdeed = (request: Asked, response: ServerResponse) => void | Promise<void>;

/** A request, as the distribution API means it. */
export interface Asked {
  kind: "manifest" | "blob" | "upload" | "other";
  /** A tag or a digest. */
  reference: string;
  /** The first byte that is asked for. */
  from: number;
  authorization: string | undefined;
  /** The real registry's answer to this request. */
  upstream(): Promise<Response>;
}

export interface Mirror {
  /** The registry itself, as the name of an image begins. */
  host: string;
  /** A registry that is nowhere, and the setting that makes this its mirror. */
  mirrored: { host: string; env: { BERTH_MIRRORS: string } };
  /** What it does wrong from now on; null: nothing. */
  misdeed: Misdeed | null;
  /** The first byte of each request for a layer of the real registry, by digest. */
  layers: Map<string, number[]>;
}

/** What is larger is a layer, and what is smaller a config. */
export const smallestLayerBytes = 2 ** 20;

/** Serves `<host>/<image>` from `library/<image>` of the real registry of base images, and all that is pushed to it goes there too. */
export async function startMirror(): Promise<Mirror> {
  const server = createServer((request, response) => {
    const asked = readRequest(request);
    serve(asked, response).catch(() => response.destroy());
  });
  const serve = async (request: Asked, response: ServerResponse) => {
    const asked = { ...request, upstream: () => askUpstream(request) };
    await mirror.misdeed?.(asked, response);
    if (!response.headersSent && !response.destroyed) await passOn(await asked.upstream(), response);
  };
  const askUpstream = async ({ kind, reference, from, upstream }: Asked) => {
    const answer = await upstream();
    const isLayer = kind === "blob" && Number(answer.headers.get("content-length")) > smallestLayerBytes;
    if (isLayer) mirror.layers.set(reference, [...(mirror.layers.get(reference) ?? []), from]);
    return answer;
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mirror: Mirror = {
    host,
    mirrored: { host: "registry.test", env: { BERTH_MIRRORS: `registry.test=http://${host}` } },
    misdeed: null,
    layers: new Map(),
  };
  return mirror;
}

const passedHeaders = ["accept", "content-type", "content-range", "range"];

function readRequest(request: IncomingMessage): Asked {
  const { url = "", method = "GET", headers } = request;
  const [, kind = "", reference = ""] = /^\/v2\/.+?\/(manifests|blobs)\/([^?]+)/.exec(url) ?? [];
  const kinds = { manifests: "manifest", blobs: reference.startsWith("uploads/") ? "upload" : "blob" } as const;
  const passed = passedHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]));
  const hasBody = method !== "GET" && method !== "HEAD";
  return {
    kind: kind === "manifests" || kind === "blobs" ? kinds[kind] : "other",
    reference,
    from: Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0),
    authorization: headers.authorization,
    upstream: () =>
      fetch(
        registryUrl +
          (hasBody ? url : url.replace(/^\/v2\/(?:[^/]+\/)?([^/]+\/(manifests|blobs|tags))/, "/v2/library/$1")),
        {
          method,
          headers: Object.fromEntries(passed),
          ...(hasBody && { body: Readable.toWeb(request) as ReadableStream, duplex: "half" }),
        },
      ),
  };
}

async function passOn(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response);
}
