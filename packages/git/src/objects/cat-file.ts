import { BerthError } from "@berth/core";
import { exitOf, type Git, gitFailed } from "../git-process.ts";
import { makeReplyReader, type ObjectReply } from "./replies.ts";

export type { ObjectReply } from "./replies.ts";

/** A running `git cat-file --batch-command`: answers in the order asked, however many are asked at once. */
export interface CatFile {
  /** Type and size; null where there is no such object. */
  info(oid: string): Promise<ObjectReply | null>;
  /** The same of many objects, in the order asked. */
  infos(oids: readonly string[]): Promise<(ObjectReply | null)[]>;
  /** With its content; null where there is no such object. */
  read(oid: string): Promise<ObjectReply | null>;
  /** False once the process has ended. */
  isAlive(): boolean;
  close(): Promise<void>;
}

/** Waits for several replies at once: a promise for each file of a large tree would take 200 MB. */
interface Waiting {
  hasContent: boolean;
  count: number;
  replies: (ObjectReply | null)[];
  resolve(replies: (ObjectReply | null)[]): void;
  reject(error: Error): void;
}

export function startCatFile(git: Git, repository: string): CatFile {
  const args = [`--git-dir=${repository}`, "cat-file", "--batch-command", "--buffer"];
  const child = git.spawn(args);
  const waiting: Waiting[] = [];
  let alive = true;
  let unsent = "";
  let stderr = "";

  const read = makeReplyReader(() => waiting[0]?.hasContent ?? false, take);
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

  function take(reply: ObjectReply | null) {
    const [first] = waiting;
    if (first === undefined) return;
    first.replies.push(reply);
    if (first.replies.length < first.count) return;
    waiting.shift();
    first.resolve(first.replies);
  }

  function fail(error: Error) {
    alive = false;
    for (const { reject } of waiting.splice(0)) reject(error);
  }

  /** What is asked in one turn goes out as one write, and is answered at its end. */
  async function ask(command: "contents" | "info", oids: readonly string[]): Promise<(ObjectReply | null)[]> {
    if (oids.length === 0) return [];
    const wrong = oids.find((oid) => !/^[\da-f]{40,64}$/.test(oid));
    if (wrong !== undefined) throw new BerthError("git.failed", `Not an object id: ${JSON.stringify(wrong)}.`);
    if (!alive) throw new BerthError("git.failed", "git cat-file has ended.");
    if (unsent === "") queueMicrotask(send);
    unsent += oids.map((oid) => `${command} ${oid}\n`).join("");
    const hasContent = command === "contents";
    return new Promise((resolve, reject) =>
      waiting.push({ hasContent, count: oids.length, replies: [], resolve, reject }),
    );
  }

  function send() {
    child.stdin.write(`${unsent}flush\n`);
    unsent = "";
  }

  return {
    info: async (oid) => (await ask("info", [oid]))[0] ?? null,
    infos: (oids) => ask("info", oids),
    read: async (oid) => (await ask("contents", [oid]))[0] ?? null,
    isAlive: () => alive,
    async close() {
      alive = false;
      child.stdin.end();
      await ended;
    },
  };
}
