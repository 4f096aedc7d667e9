import { readFile } from "node:fs/promises";
import { uptime } from "node:os";

/** A name for the time since the machine was started: another one after each start. */
export async function readBootId(): Promise<string> {
  try {
    return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  } catch {
    // Elsewhere than on Linux: the minute it started in. Being off by one only costs a check.
    return `since-${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
