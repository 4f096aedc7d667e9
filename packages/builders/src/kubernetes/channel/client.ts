import { Readable } from "node:stream";
import { BerthError } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import type { BlobStore } from "@berth/images";
import { offsetHeader, paths } from "./protocol.ts";
import type { BuildTask, EventBatch, ToldError } from "./protocol.ts";

export interface ChannelAddress {
  /** Of the build, without a slash at its end. */
  url: string;
  token: string;
}

/** The pod's end of the channel. Whatever fails on the way is tried again, until the server has been away for too long. */
export interface ChannelClient {
  task(): Promise<BuildTask>;
  /** The contents of these files, one after the other, from one connection. */
  source(paths: readonly string[]): Promise<AsyncIterable<Uint8Array>>;
  /** Resolves when the server has them; with the number that it expects then. */
  tell(batch: EventBatch): Promise<number>;
  /** Brings a layer to the server unless it is there. */
  bring(digest: Digest, blobs: Pick<BlobStore, "read" | "sizeBytes">): Promise<void>;
}

/** So long a server may be away, as for a restart of what stands in between, before a build is given up. */
const patienceMs = 120_000;
const pauseMs = { first: 100, most: 5_000 };

export function makeChannelClient({ url, token }: ChannelAddress, clock: Clock): ChannelClient {
  const authorization = `Bearer ${token}`;

  async function ask(path: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
    const answer = await fetch(`${url}/${path}`, { ...init, headers: { authorization, ...init.headers } });
    if (answer.ok || (init.method === "HEAD" && answer.status === 404)) return answer;
    const text = await answer.text();
    if (answer.status === 401) throw new BerthError("auth.required", "The server has given this build up.");
    if (answer.headers.get("content-type") !== "application/json") {
      const message = `${path}: the server answers ${answer.status}`;
      // 409: what was sent before has not all come. What stands in between may say 5xx.
      if (answer.status === 409 || answer.status >= 500) throw new Error(message);
      throw new BerthError("internal", message);
    }
    const { code, message, hint }: ToldError = JSON.parse(text);
    throw new BerthError(code, message, hint === undefined ? {} : { hint });
  }

  /** What the server says is final; what happens on the way to it is not. */
  async function persist<T>(attempt: () => Promise<T>): Promise<T> {
    const since = clock.now();
    for (let pause = pauseMs.first; ; pause = Math.min(pauseMs.most, pause * 2)) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof BerthError || clock.now() - since > patienceMs) throw error;
        await clock.sleep(pause);
      }
    }
  }

  return {
    task: () => persist(async () => (await ask(paths.task)).json() as Promise<BuildTask>),
    source: (wanted) =>
      persist(async () => {
        const { body } = await ask(paths.source, { method: "POST", body: JSON.stringify(wanted) });
        return body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
      }),
    tell: (batch) =>
      persist(async () => {
        const answer = await ask(paths.events, { method: "POST", body: JSON.stringify(batch) });
        return ((await answer.json()) as { next: number }).next;
      }),
    bring: (digest, blobs) =>
      persist(async () => {
        const there = await ask(paths.blob(digest), { method: "HEAD" });
        if (there.ok) return;
        const offset = Number(there.headers.get(offsetHeader) ?? 0);
        const size = (await blobs.sizeBytes(digest)) ?? 0;
        const headers = { [offsetHeader]: String(offset), "content-length": String(size - offset) };
        // Of no bytes there is no range, and the server finishes what it has.
        const rest = offset === size ? null : blobs.read(digest, { first: offset, last: size - 1 });
        const body = rest === null ? null : (Readable.toWeb(rest) as ReadableStream);
        await ask(paths.blob(digest), { method: "PUT", headers, body, duplex: "half" });
      }),
  };
}
