import { BerthError } from "@berth/core";

/** So much stays free for everything else on the disk: the database and the apps. */
const reserveBytes = 128 * 2 ** 20;

/** Throws `disk.full` where the disk would be left with less than a reserve. */
export async function ensureSpace(freeBytes: () => Promise<number>, incomingBytes: number): Promise<void> {
  if ((await freeBytes()) - incomingBytes >= reserveBytes) return;
  throw new BerthError("disk.full", "The disk that holds BERTH_HOME has no room for this.", {
    hint: "Free some space and try again.",
  });
}
