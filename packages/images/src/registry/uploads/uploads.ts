import { createHash } from "node:crypto";
import { type Clock, type Log, makeSerial, type Random } from "@berth/core";
import type { BlobDraft, BlobStore } from "../../layout/blob-store.ts";
import { RegistryError } from "../registry-error.ts";

/** Whoever is sending to an upload, and can be interrupted. */
export interface Sender {
  destroy(): void;
}

/** Whose an upload is. */
export interface UploadOwner {
  app: string;
  /** Something that names its repository, and no other that there was or will be. */
  repository: string;
}

/** Blobs on their way in. Each is a draft of the blob store, so that it is gone on with after a restart of the server. */
export interface Uploads {
  /** Begins one; its id cannot be guessed. Throws `TOOMANYREQUESTS`. */
  begin(owner: UploadOwner): Promise<string>;
  /** How much has come; null where the owner has no such upload. */
  sizeBytes(owner: UploadOwner, id: string): Promise<number | null>;
  /**
   * Hands out the draft, to one sender at a time: whoever comes with a request interrupts the one before, which may be a connection that
   * has died without a word. Throws `BLOB_UPLOAD_UNKNOWN`.
   */
  use<T>(owner: UploadOwner, id: string, sender: Sender, work: (draft: BlobDraft) => Promise<T>): Promise<T>;
  /** Forgets uploads that nothing was sent to for a day. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

const prefix = "upload.";
const idPattern = /^[0-9a-f]{32}$/;
const forgottenAfterMs = 86_400_000;
const sweepEveryMs = 3_600_000;
/** A push sends a few layers at once; more than this is somebody's mistake, and the others' pushes go on. */
const maxOfApp = 100;
/** Of all apps. */
const maxUploads = 1_000;
/** So many drafts stay open between requests: opening one again means reading it. */
const maxIdle = 32;

interface Session {
  draft: BlobDraft | null;
  sender: Sender | null;
}

export function makeUploads(deps: {
  blobs: BlobStore;
  clock: Pick<Clock, "now">;
  random: Random;
  log: Pick<Log, "warn">;
}): Uploads {
  const { blobs, clock, random, log } = deps;
  /** Those in use, and those whose draft is open; the one used last comes last. */
  const sessions = new Map<string, Session>();
  const inTurn = makeSerial();
  let sweptAt = 0;

  /** The owner is part of the name, so that nothing else has to be kept: with another owner there is no such draft. */
  function draftName(owner: UploadOwner, id: string): string | null {
    return idPattern.test(id) ? `${prefixOf(owner)}${shortHash(owner.repository)}.${id}` : null;
  }

  async function trim(): Promise<void> {
    const idle = [...sessions].filter(([, { sender }]) => sender === null);
    for (const [name, session] of idle.slice(0, -maxIdle)) {
      sessions.delete(name);
      await session.draft?.close();
    }
  }

  /** Where a write fails, what is known of the draft is not what is on the disk: then it is opened anew by the next request. */
  async function work<T>(name: string, session: Session, send: (draft: BlobDraft) => Promise<T>): Promise<T> {
    session.draft ??= (await blobs.draftState(name)) === null ? null : await blobs.draft(name);
    const draft = session.draft;
    if (draft === null) throw unknown();
    const leave = async (error: unknown) => {
      session.draft = null;
      await draft.close();
      throw error;
    };
    return await send({
      get sizeBytes() {
        return draft.sizeBytes;
      },
      append: (chunk) => draft.append(chunk).catch(leave),
      async finish(expected) {
        const made = await draft.finish(expected).catch(leave);
        session.draft = null;
        return made;
      },
      async discard() {
        session.draft = null;
        await draft.discard();
      },
      close: async () => undefined,
    });
  }

  async function forget(name: string): Promise<void> {
    const session = sessions.get(name);
    session?.sender?.destroy();
    await inTurn(name, async () => {
      sessions.delete(name);
      await (session?.draft ? session.draft.discard() : blobs.discardDraft(name));
    });
  }

  const uploads: Uploads = {
    async begin(owner) {
      if (clock.now() - sweptAt >= sweepEveryMs) await uploads.sweep();
      const id = Buffer.from(random.bytes(16)).toString("hex");
      const name = draftName(owner, id)!;
      // One at a time: many that come at once would all find room.
      await inTurn(prefix, async () => {
        const all = (await blobs.drafts()).filter((one) => one.startsWith(prefix));
        const own = all.filter((one) => one.startsWith(prefixOf(owner))).length;
        if (own >= maxOfApp) throw tooMany(`${own} uploads of ${owner.app}`);
        if (all.length >= maxUploads) throw tooMany(`${all.length} uploads`);
        sessions.set(name, { draft: await blobs.draft(name), sender: null });
      });
      await trim();
      return id;
    },
    async sizeBytes(owner, id) {
      const name = draftName(owner, id);
      if (name === null) return null;
      return sessions.get(name)?.draft?.sizeBytes ?? (await blobs.draftState(name))?.sizeBytes ?? null;
    },
    async use(owner, id, sender, send) {
      const name = draftName(owner, id);
      if (name === null) throw unknown();
      const session = sessions.get(name) ?? { draft: null, sender: null };
      session.sender?.destroy();
      session.sender = sender;
      sessions.delete(name);
      sessions.set(name, session);
      try {
        return await inTurn(name, async () => {
          if (session.sender !== sender) throw interrupted();
          return await work(name, session, send);
        });
      } finally {
        if (session.sender === sender) {
          session.sender = null;
          if (session.draft === null) sessions.delete(name);
          await trim();
        }
      }
    },
    async sweep() {
      sweptAt = clock.now();
      for (const name of await blobs.drafts()) {
        if (!name.startsWith(prefix)) continue;
        const state = await blobs.draftState(name);
        if (state === null || state.writtenAt >= clock.now() - forgottenAfterMs) continue;
        log.warn({ name, sizeBytes: state.sizeBytes }, "Forgot an upload that nothing was sent to for a day");
        await forget(name);
      }
    },
    async close() {
      for (const { draft } of sessions.values()) await draft?.close();
      sessions.clear();
    },
  };
  return uploads;
}

function prefixOf({ app }: UploadOwner): string {
  return `${prefix}${shortHash(app)}.`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function tooMany(what: string): RegistryError {
  return new RegistryError("TOOMANYREQUESTS", `${what} are under way. Finish or cancel some.`);
}

function unknown(): RegistryError {
  return new RegistryError(
    "BLOB_UPLOAD_UNKNOWN",
    "There is no such upload here. It may be finished, or too old: begin again.",
  );
}

function interrupted(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_INVALID", "Another request goes on with this upload.", { status: 409 });
}
