import type { Operation } from "@berth/core";
import type { Fetch } from "./checked-fetch.ts";

export interface SentWorkingTree {
  app: string;
  /** Git's id of the folder as it is. */
  tree: string;
  /** Its objects as git packs them; they may build on those that the server has. */
  pack: AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
}

/**
 * Sends a folder, and has it deployed to the environment of the token's person. Resolves when that has begun. Throws `git.failed` where
 * the pack builds on what the server does not have.
 */
export async function sendWorkingTree(
  { fetch, url, token }: { fetch: Fetch; url: string; token: string },
  { app, tree, pack, signal }: SentWorkingTree,
): Promise<Operation> {
  const address = `${url}/${encodeURIComponent(app)}.git/berth-working-tree?tree=${tree}`;
  const response = await fetch(address, {
    method: "POST",
    headers: {
      // As git itself is let in there.
      authorization: `Basic ${btoa(`berth:${token}`)}`,
      "content-type": "application/x-git-packed-objects",
    },
    body: ReadableStream.from(pack),
    duplex: "half",
    signal: signal ?? null,
  });
  const operation: Operation = JSON.parse(await response.text());
  return operation;
}
