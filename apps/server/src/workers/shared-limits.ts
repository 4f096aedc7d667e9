import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { LimitShares } from "@berth/router";
import { isSpare, type LimitParts, makeLimitParts, quotaOf } from "./limit-parts.ts";
import { isRunning, nameText, type ProcessName, readName } from "./process-name.ts";

export interface SharedLimitsDeps {
  /** BERTH_HOME, an absolute path. */
  home: string;
  /** How many share them. */
  processes: number;
  own: ProcessName;
  clock: { now(): number };
}

/** Who finds all parts taken does not look again before that: being refused has to stay cheap. */
const lookAgainMs = 100;
const mostExhausted = 1_000;

const folderOf = (home: string) => join(home, "router", "limits");

/**
 * Keeps limits together with the other processes at the port, whichever of them runs. A part is claimed by making a symbolic link with its
 * number, which succeeds for one process alone, within one call, and tells whose it is. So never more than the limit is let in, and
 * nobody has to be asked. What a process had that was killed is freed by `freeClaims`.
 */
export function openSharedLimits({ home, processes, own, clock }: SharedLimitsDeps): LimitShares {
  const folder = folderOf(home);
  const { pid } = own;
  const owner = nameText(own);
  const partsOf = new Map<number, LimitParts>();
  /** Which parts are this process's, by what is limited. */
  const claimed = new Map<string, readonly number[]>();
  /** When all parts of something were found taken. */
  const exhausted = new Map<string, number>();
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  function dividedBy(limit: number): LimitParts {
    const known = partsOf.get(limit);
    if (known !== undefined) return known;
    const parts = makeLimitParts(limit, processes);
    partsOf.set(limit, parts);
    return parts;
  }

  /** Null where none is free. Throws where none can be claimed, such as on a full disk. */
  function claim(name: string, { count }: LimitParts, mine: readonly number[]): number | null {
    for (let step = 0; step < count; step++) {
      // Each begins elsewhere, so that they seldom meet.
      const part = (pid + step) % count;
      const link = join(folder, `${name}-${part}`);
      // To be told by an exception takes several times as long.
      if (mine.includes(part) || lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
      try {
        symlinkSync(owner, link);
        return part;
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
    }
    return null;
  }

  function claimMore(name: string, parts: LimitParts, mine: readonly number[]): boolean {
    const now = clock.now();
    if (now - (exhausted.get(name) ?? -Infinity) < lookAgainMs) return false;
    const part = claim(name, parts, mine);
    exhausted.delete(name);
    if (part !== null) claimed.set(name, [...mine, part]);
    else {
      if (exhausted.size >= mostExhausted) exhausted.clear();
      exhausted.set(name, now);
    }
    return part !== null;
  }

  return {
    admits(kind, key, limit, used) {
      const parts = dividedBy(limit);
      if (used < parts.base) return true;
      const name = `${kind}-${key}`;
      const mine = claimed.get(name) ?? [];
      if (used < quotaOf(parts, mine)) return true;
      try {
        return claimMore(name, parts, mine);
      } catch {
        return used < limit / processes;
      }
    },
    left(kind, key, limit, used) {
      if (claimed.size === 0) return;
      const name = `${kind}-${key}`;
      const mine = claimed.get(name);
      if (mine === undefined) return;
      const parts = dividedBy(limit);
      const kept = [...mine];
      while (kept.length > 0 && isSpare(parts, quotaOf(parts, kept), used)) free(folder, `${name}-${kept.pop()}`);
      if (kept.length === 0) claimed.delete(name);
      else claimed.set(name, kept);
    },
  };
}

/** Frees what processes had that do not run any more. One process alone may do so: another one might free what was just claimed anew. */
export function freeClaims(home: string): void {
  const folder = folderOf(home);
  for (const name of namesIn(folder)) {
    const owner = ownerOf(join(folder, name));
    if (owner === null || !isRunning(owner)) free(folder, name);
  }
}

/** Forgets all claims: nobody else listens at the port. */
export function clearClaims(home: string): void {
  rmSync(folderOf(home), { recursive: true, force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function ownerOf(link: string): ProcessName | null {
  try {
    return readName(readlinkSync(link));
  } catch {
    return null;
  }
}

function free(folder: string, name: string): void {
  try {
    unlinkSync(join(folder, name));
  } catch {
    // It is free.
  }
}
