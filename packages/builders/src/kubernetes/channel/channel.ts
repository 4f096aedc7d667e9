import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { toBerthError } from "@berth/core";
import type { Digest, Log, Random, SourceTree } from "@berth/core";
import type { Images } from "@berth/images";
import { checkBatch } from "./check-event.ts";
import { receiveBlob } from "./receive-blob.ts";
import { offsetHeader } from "./protocol.ts";
import type { BuildEvent, BuildTask, EventBatch, ToldError } from "./protocol.ts";

/** A build that a pod may ask for. */
export interface OpenBuild {
  task: BuildTask;
  source: SourceTree;
  /** Whether the app has this layer here already, from a build before. */
  hasLayer(digest: Digest): Promise<boolean>;
  /** Hears of everything that the pod tells, each once and in order. */
  onEvent(event: BuildEvent): void;
}

export interface OpenedBuild {
  path: string;
  token: string;
  /** Whether a layer is the app's: its pod has brought it, or a build before. Whatever else a pod names is none of it. */
  isOurs(digest: Digest): Promise<boolean>;
  close(): Promise<void>;
}

/** The one way between the server and the pods of builds. */
export interface BuildChannel {
  /** Lets a pod in, by a token that is good for this build alone, and until `close`. */
  open(build: OpenBuild): OpenedBuild;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

interface Entry extends OpenBuild {
  token: Buffer;
  next: number;
  /** Layers that its pod has brought. */
  brought: Set<Digest>;
  /** Of layers that it has begun to bring. */
  drafts: Set<string>;
  /** Those that come in at the moment: two that write to one would make of it what no digest has told of. */
  writing: Set<string>;
}

const mostBodyBytes = 64 * 1024 * 1024;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function makeBuildChannel(deps: {
  images: Pick<Images, "blobs" | "space">;
  random: Random;
  log: Log;
}): BuildChannel {
  const { images, random, log } = deps;
  const open = new Map<string, Entry>();
  const draw = (bytes: number) => Buffer.from(random.bytes(bytes)).toString("hex");

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id = "", ...rest] = (request.url ?? "").split("/");
    const build = open.get(id);
    const token = /^Bearer (\w+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    // One answer for both, so that nobody learns which builds there are.
    if (build === undefined || !timingSafeEqual(hash(token), build.token)) return refuse(response, 401);
    const [what = "", name = ""] = rest;
    const call = `${request.method} ${what}`;
    if (call === "GET task") return sendJson(response, build.task);
    if (call === "POST source") return sendSource(build, await readJson<string[]>(request), response);
    if (call === "POST events") return takeEvents(build, checkBatch(await readJson<unknown>(request)), response);
    if (what !== "blobs" || !digestPattern.test(name)) return refuse(response, 404);
    const digest = name as Digest;
    if (request.method === "HEAD") return tellBlob(build, draftName(id, digest), digest, response);
    if (request.method === "PUT") {
      return takeBlob(build, draftName(id, digest), digest, request, response);
    }
    refuse(response, 405);
  }

  async function takeBlob(
    build: Entry,
    draft: string,
    digest: Digest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (build.writing.has(draft)) return refuse(response, 409);
    build.writing.add(draft);
    build.drafts.add(draft);
    try {
      if (await receiveBlob(images, draft, digest, request, response)) build.brought.add(digest);
    } finally {
      build.writing.delete(draft);
    }
  }

  async function isOurs(build: Entry, digest: Digest): Promise<boolean> {
    return build.brought.has(digest) || (await build.hasLayer(digest));
  }

  async function tellBlob(build: Entry, draft: string, digest: Digest, response: ServerResponse): Promise<void> {
    if ((await isOurs(build, digest)) && (await images.blobs.touch(digest))) return void response.writeHead(200).end();
    const begun = await images.blobs.draftState(draft);
    response.writeHead(404, { [offsetHeader]: String(begun?.sizeBytes ?? 0) }).end();
  }

  return {
    open(build) {
      const id = draw(8);
      const token = draw(32);
      const entry: Entry = {
        ...build,
        token: hash(token),
        next: 1,
        brought: new Set(),
        drafts: new Set(),
        writing: new Set(),
      };
      open.set(id, entry);
      return {
        path: `/${id}`,
        token,
        isOurs: (digest) => isOurs(entry, digest),
        async close() {
          open.delete(id);
          for (const draft of entry.drafts) await images.blobs.discardDraft(draft);
        },
      };
    },
    handle(request, response) {
      answer(request, response).catch((error: unknown) => {
        const known = toBerthError(error);
        log.debug({ err: error, url: request.url }, "a request of a build's pod was not answered");
        if (response.headersSent) response.destroy();
        else {
          const { code, message, hint, status } = known;
          response.writeHead(status, { "content-type": "application/json" });
          response.end(JSON.stringify({ code, message, hint } satisfies ToldError));
        }
      });
    },
  };
}

async function sendSource(build: Entry, wanted: readonly string[], response: ServerResponse): Promise<void> {
  const known = new Map(build.task.entries.map((entry) => [entry.path, entry]));
  const entries = wanted.flatMap((path) => known.get(path) ?? []);
  if (entries.length !== wanted.length) return refuse(response, 404);
  response.writeHead(200, { "content-type": "application/octet-stream" });
  await pipeline(async function* () {
    for await (const { content } of build.source.contents(entries)) {
      if (content instanceof Uint8Array) yield content;
      else yield* content;
    }
  }, response);
}

/** What was told before is told again where its answer was lost; it is passed on once. */
function takeEvents(build: Entry, { from, events }: EventBatch, response: ServerResponse): void {
  if (from > build.next) return refuse(response, 409);
  for (const event of events.slice(build.next - from)) {
    build.next++;
    build.onEvent(event);
  }
  sendJson(response, { next: build.next });
}

function draftName(id: string, digest: Digest): string {
  return `build-${id}-${digest.slice("sha256:".length)}`;
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

async function readJson<T>(request: IncomingMessage): Promise<T> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBodyBytes) throw new TypeError("the body is too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
