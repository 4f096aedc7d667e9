import { statfs } from "node:fs/promises";
import { BerthError } from "@berth/core";

const mebibyte = 2 ** 20;

/** So much stays free for everything else on the disk: the database and the apps. */
export const reserveBytes = 128 * mebibyte;

/** Room on the disk of BERTH_HOME for what is on its way to it, so that several do not each count on the same. */
export interface DiskSpace {
  /** Throws `disk.full` where so much would leave less than a reserve, whatever else is on its way. `what` begins the message: `node:24-slim`. */
  check(bytes: number, what: string): Promise<void>;
  /** Keeps room for what is going to be written. Throws `disk.full` where there is none beside a reserve and all else that is on its way. */
  hold(bytes: number): Promise<HeldSpace>;
}

/** Room that is kept. */
export interface HeldSpace {
  /** No more than so much is still to come: the rest is on the disk. */
  shrinkTo(bytes: number): void;
  release(): void;
}

/** The free bytes of the disk that a folder is on. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export function makeDiskSpace(freeBytes: () => Promise<number>): DiskSpace {
  let held = 0;
  return {
    async check(bytes, what) {
      const free = await freeBytes();
      if (bytes <= free - reserveBytes) return;
      if (bytes === 0) throw noRoom();
      const [needed, there] = [Math.ceil(bytes / mebibyte), Math.floor(free / mebibyte)];
      throw new BerthError(
        "disk.full",
        `${what} takes ${needed} MiB. The disk that holds BERTH_HOME has ${there} MiB free, and ${reserveBytes / mebibyte} MiB of it stay so.`,
        { hint: "Free some space and try again; nothing of it was kept." },
      );
    },
    async hold(bytes) {
      let own = bytes;
      const shrinkTo = (left: number) => {
        const kept = Math.min(own, Math.max(0, left));
        held += kept - own;
        own = kept;
      };
      // Before the disk is looked at: who looks at the same time has to see it.
      held += bytes;
      try {
        if ((await freeBytes()) - held >= reserveBytes) return { shrinkTo, release: () => shrinkTo(0) };
        throw noRoom();
      } catch (error) {
        shrinkTo(0);
        throw error;
      }
    },
  };
}

function noRoom(): BerthError {
  return new BerthError("disk.full", "The disk that holds BERTH_HOME has no room for this.", {
    hint: "Free some space and try again.",
  });
}
