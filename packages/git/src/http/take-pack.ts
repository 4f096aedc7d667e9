import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/core";
import { exitOf, type Git } from "../git-process.ts";
import { bodyStages } from "./body.ts";

const packType = "application/x-git-packed-objects";
/** What begins a pack, four bytes each: `PACK`, its version, how many objects it has. Source: git's gitformat-pack. */
const headBytes = 12;
const countAt = 8;
/** As git's own receive.unpackLimit: fewer objects become files of their own, for with a pack for each save there would soon be many. */
const unpackBelow = 100;

/**
 * Stores the objects of a request's body, which may build on those that the repository has. What it lacks is told when it is read;
 * what nothing refers to git removes in time. Throws `git.failed` where the body is no pack, or builds on what is not there.
 */
export async function takePack(
  git: Git,
  request: IncomingMessage,
  { repository, maxBytes }: { repository: string; maxBytes: number },
): Promise<void> {
  // No page of another site can send this type without asking first.
  if (request.headers["content-type"] !== packType)
    throw new BerthError("input.invalid", `The content type must be ${packType}.`);
  const body = new PassThrough();
  // Whatever it fails with reaches who reads the body, too.
  pipeline([...bodyStages(request, maxBytes), body]).catch(() => undefined);
  await store(git, [`--git-dir=${repository}`], body, maxBytes);
}

async function store(git: Git, where: readonly string[], body: AsyncIterable<Buffer>, maxBytes: number): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < headBytes) {
    const { done, value } = await chunks.next();
    if (done === true) throw notWhole("it is too short");
    head = Buffer.concat([head, value]);
  }
  const how =
    head.readUInt32BE(countAt) < unpackBelow ? ["unpack-objects", "-q"] : ["index-pack", "--stdin", "--fix-thin"];
  const child = git.spawn([...where, ...how, `--max-input-size=${maxBytes}`]);
  const exit = exitOf(child);
  // Told below; until the body has been read a failure must not end the process.
  exit.catch(() => undefined);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-1024)));
  child.stdout.resume();
  const failure = await pipeline(whole, child.stdin).then(
    () => null,
    (error: unknown) => error,
  );
  // Too large, or given up by who sent it; git itself has closed its input where it failed.
  if (failure instanceof BerthError) child.kill();
  const code = await exit;
  if (failure instanceof BerthError) throw failure;
  if (code !== 0) throw notWhole(errors.trim().split("\n").at(-1) ?? "");

  async function* whole() {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
}

function notWhole(why: string): BerthError {
  return new BerthError("git.failed", "What was sent could not be stored.", {
    details: why === "" ? [] : [why],
    hint: "Send it again, with all that it builds on.",
  });
}
