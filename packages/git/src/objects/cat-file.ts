import { BerthError } from "@berth/core";
import { exitOf, type Git, gitFailed } from "../git-process.ts";
import { makeReplyReader, type ObjectReply } from "./replies.ts";

export type { ObjectReply } from "./replies.ts";

/** A running `git cat-file --batch-command`: answers in the order asked, however many are asked at once. */
export interface CatFile {
  /** Type and size; null where there is no such object. */
  info(oid: string): Promise<ObjectReply | null>;
  /** With its content; null where there is no such object. */
  read(oid: string): Promise<ObjectReply | null>;
  /** False once the process has ended. */
  isAlive(): boolean;
  close(): Promise<void>;
}

interface Waiting {
  hasContent: boolean;
  resolve(reply: ObjectReply | null): void;
  reject(error: Error): void;
}

export function startCatFile(git: Git, repository: string): CatFile {
  const args = [`--git-dir=${repository}`, "cat-file", "--batch-command", "--buffer"];
  const child = git.spawn(args);
  const waiting: Waiting[] = [];
  let alive = true;
  let unsent = "";
  let stderr = "";

  const read = makeReplyReader(
    () => waiting[0]?.hasContent ?? false,
    (reply) => waiting.shift()?.resolve(reply),
  );
  child.stdout.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch {
      child.kill();
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4096)));
  child.stdin.on("error", () => undefined);

  const ended = exitOf(child).then(
    (code) => fail(gitFailed(args, { code, stderr })),
    (error: Error) => fail(error),
  );

  function fail(error: Error) {
    alive = false;
    for (const { reject } of waiting.splice(0)) reject(error);
  }

  /** What is asked in one turn goes out as one write, and is answered at its end. */
  function ask(command: "contents" | "info", oid: string): Promise<ObjectReply | null> {
    if (!/^[\da-f]{40,64}$/.test(oid)) throw new BerthError("git.failed", `Not an object id: ${JSON.stringify(oid)}.`);
    if (!alive) throw new BerthError("git.failed", "git cat-file has ended.");
    if (unsent === "") queueMicrotask(send);
    unsent += `${command} ${oid}\n`;
    return new Promise((resolve, reject) => waiting.push({ hasContent: command === "contents", resolve, reject }));
  }

  function send() {
    child.stdin.write(`${unsent}flush\n`);
    unsent = "";
  }

  return {
    info: async (oid) => ask("info", oid),
    read: async (oid) => ask("contents", oid),
    isAlive: () => alive,
    async close() {
      alive = false;
      child.stdin.end();
      await ended;
    },
  };
}
