import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Log } from "@berth/core";
import type { Git } from "../git-process.ts";

/** So long after a push its app has started and the machine is free. */
const settleMs = 1_000;
/** To look at more files than this takes as long as to ask git. */
const maxRefFiles = 200;

/**
 * What git tells a push of the refs there are, asked for ahead: to start git is most of what the first request of a push takes.
 * An answer is good for as long as no file of a ref is another, so whoever changes one, also by hand, need not say so.
 */
export interface Advertisements {
  /** Null where git has to be asked. */
  find(repository: string): Promise<string | null>;
  /** Asks git once the repository has come to rest. */
  refresh(repository: string): void;
  stop(): void;
}

export function makeAdvertisements(deps: { git: Git; clock: Clock; log: Log }): Advertisements {
  const { git, clock, log } = deps;
  const known = new Map<string, { state: string; text: string }>();
  const stopped = new AbortController();
  const waiting = new Set<string>();

  async function ask(repository: string): Promise<void> {
    await clock.sleep(settleMs, stopped.signal);
    waiting.delete(repository);
    if (stopped.signal.aborted) return;
    known.delete(repository);
    const state = await readRefState(repository);
    if (state === null) return;
    const text = await git.output(["receive-pack", "--stateless-rpc", "--http-backend-info-refs", repository]);
    // A name that is not UTF-8 would not survive as text.
    if (text.includes("\uFFFD") || (await readRefState(repository)) !== state) return;
    known.set(repository, { state, text });
  }

  return {
    async find(repository) {
      const found = known.get(repository);
      return found !== undefined && (await readRefState(repository)) === found.state ? found.text : null;
    },
    refresh(repository) {
      if (waiting.has(repository)) return;
      waiting.add(repository);
      ask(repository).catch((error: unknown) => log.debug({ err: error, repository }, "refs could not be read ahead"));
    },
    stop: () => stopped.abort(),
  };
}

/** Names the files of all refs in the state they are in: git replaces a file to change it. Null where there is none or too many. */
async function readRefState(repository: string): Promise<string | null> {
  try {
    const below = await readdir(join(repository, "refs"), { recursive: true });
    if (below.length > maxRefFiles) return null;
    const paths = ["packed-refs", "config", ...below.map((path) => join("refs", path))];
    const states = await Promise.all(
      paths.map(async (path) => {
        const found = await stat(join(repository, path), { bigint: true }).catch(() => null);
        return found === null ? path : `${path} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
      }),
    );
    return states.join("\n");
  } catch {
    return null;
  }
}
