import type { Release } from "../../release.ts";

/** A release of an environment's history, with what its commands have done. */
export interface PastRelease {
  release: Release;
  /** How its release command has ended; `none`: it has not run. */
  command: "succeeded" | "failed" | "none";
  /** Of a rollback: how many of the commands that it takes back are taken back, in their order. */
  undone: number;
}

/** What release commands have done between the last time that a content was live and now. */
export interface CommandsSince {
  /** Whose commands have succeeded since, and are not taken back; newest first. */
  done: readonly Release[];
  /** Whose commands have failed since, and may have done part of what they do; newest first. */
  failed: readonly Release[];
  /** Whose commands were done then, and have been taken back since. */
  undone: readonly { version: number; by: number }[];
}

/** The deploy that a release is, or carries forward. */
export function contentOf({ carries, version }: Pick<Release, "carries" | "version">): number {
  return carries ?? version;
}

/**
 * Compares what release commands have done by now with what they had done when this content (the version of its deploy) was last live.
 * What ran while it was live, for a release that did not take over, it has lived with. `history` is from the oldest to the newest.
 */
export function commandsSince(history: readonly PastRelease[], content: number): CommandsSince {
  const wasLive = ({ release }: PastRelease) => release.liveAt !== null;
  const last = history.findLastIndex((past) => wasLive(past) && contentOf(past.release) === content);
  const successor = history.findIndex((past, at) => at > last && wasLive(past));
  const end = successor === -1 ? history.length : successor;
  const since = history.slice(end);
  const done = new Map<number, Release>();
  const undone = new Map<number, { version: number; by: number }>();
  for (const { release, command, undone: count } of since) {
    if (command === "succeeded") done.set(release.version, release);
    for (const version of release.snapshot.undoes?.slice(0, count) ?? [])
      if (!done.delete(version)) undone.set(version, { version, by: release.version });
  }
  return {
    done: [...done.values()].toReversed(),
    failed: since.flatMap(({ release, command }) => (command === "failed" ? [release] : [])).toReversed(),
    undone: [...undone.values()],
  };
}
