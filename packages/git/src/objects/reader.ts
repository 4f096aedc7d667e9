import { BerthError, type Clock } from "@berth/core";
import type { Git } from "../git-process.ts";
import { type CatFile, type ObjectReply, startCatFile } from "./cat-file.ts";
import { type DirectoryEntry, parseDirectory } from "./directory.ts";
import { maxContentBytes } from "./replies.ts";
import { streamBlob } from "./stream-blob.ts";

const idleMs = 60_000;
const maxRememberedEntries = 100_000;

/** A folder of a tree, with the size of each file. */
export interface Directory {
  entries: readonly (DirectoryEntry & { sizeBytes: number })[];
}

/**
 * Reads objects of one repository through a process that stays while it is in use. Folders are remembered as long:
 * successive commits share most of them.
 */
export interface ObjectReader {
  read(oid: string, type: string): Promise<ObjectReply>;
  /** The content of a blob that is too large to be held. */
  stream(oid: string): AsyncIterable<Uint8Array>;
  /** Type and size; null where there is no such object. */
  info(oid: string): Promise<ObjectReply | null>;
  directory(oid: string): Promise<Directory>;
  /** Ends the process; a later read starts another. */
  close(): Promise<void>;
}

export function makeObjectReader(deps: { git: Git; repository: string; clock: Clock }): ObjectReader {
  const { git, repository, clock } = deps;
  const directories = new Map<string, Promise<Directory>>();
  let rememberedEntries = 0;
  let process: CatFile | null = null;
  let closing = new AbortController();
  let lastUsedAt = 0;

  function catFile(): CatFile {
    lastUsedAt = clock.now();
    if (process?.isAlive() === true) return process;
    process = startCatFile(git, repository);
    closing.abort();
    closing = new AbortController();
    void closeWhenIdle(closing.signal);
    return process;
  }

  async function closeWhenIdle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const idleForMs = clock.now() - lastUsedAt;
      if (idleForMs >= idleMs) return close();
      await clock.sleep(idleMs - idleForMs, signal);
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    directories.clear();
    rememberedEntries = 0;
    const ending = process;
    process = null;
    await ending?.close();
  }

  async function read(oid: string, type: string): Promise<ObjectReply> {
    const reply = await catFile().read(oid);
    if (reply?.type === type) return whole(reply);
    const found = reply === null ? "is not there" : `is a ${reply.type}`;
    throw new BerthError("git.failed", `The ${type} ${oid} ${found}.`, {
      hint: "Push again; if that does not help, check the repository with git fsck.",
    });
  }

  async function readDirectory(oid: string): Promise<Directory> {
    const { content } = await read(oid, "tree");
    const entries = parseDirectory(content, oid.length / 2);
    const sizes = await sizesOf(entries.filter(({ mode }) => mode !== "folder" && mode !== "submodule"));
    rememberedEntries += entries.length;
    return { entries: entries.map((entry) => ({ ...entry, sizeBytes: sizes.get(entry.oid) ?? 0 })) };
  }

  /** The sizes of contents, by their ids. */
  async function sizesOf(files: readonly DirectoryEntry[]): Promise<Map<string, number>> {
    const infos = await catFile().infos(files.map(({ oid }) => oid));
    const sizes = new Map<string, number>();
    for (const [index, { name, oid }] of files.entries()) {
      const info = infos[index];
      if (info?.type !== "blob") {
        throw new BerthError("git.failed", `The content of ${name} (${oid}) is not there.`, { hint: "Push again." });
      }
      sizes.set(oid, info.sizeBytes);
    }
    return sizes;
  }

  return {
    read,
    stream: (oid) => streamBlob(git, repository, oid),
    info: async (oid) => catFile().info(oid),
    directory(oid) {
      const known = directories.get(oid);
      if (known !== undefined) return known;
      if (rememberedEntries > maxRememberedEntries) {
        directories.clear();
        rememberedEntries = 0;
      }
      const loading = readDirectory(oid);
      directories.set(oid, loading);
      loading.catch(() => directories.delete(oid));
      return loading;
    },
    close,
  };
}

function whole(reply: ObjectReply): ObjectReply {
  if (reply.content.length === reply.sizeBytes) return reply;
  throw new BerthError("source.unsupported", `The ${reply.type} ${reply.oid} has ${reply.sizeBytes} bytes.`, {
    hint: `Nothing in a push may be larger than ${maxContentBytes} bytes.`,
  });
}
