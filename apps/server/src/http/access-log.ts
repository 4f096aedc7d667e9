import type { AccessLog } from "@berth/router";
import { pino } from "pino";

export interface RunningAccessLog {
  write: AccessLog;
  /** Writes what is still held back. */
  close(): void;
}

/** Lines are held back until there are so many bytes of them, or for so long. */
const heldBytes = 4_096;
const flushEveryMs = 250;

/** Opens the access log at `stdout` or a file, which SIGHUP opens anew, so that it can be rotated; null: there is none. */
export function openAccessLog(target: string | null): RunningAccessLog | null {
  if (target === null) return null;
  const to = target === "stdout" ? { fd: 1 } : { dest: target, append: true, mkdir: true };
  const output = pino.destination({ ...to, sync: false, minLength: heldBytes, periodicFlush: flushEveryMs });
  // A full disk must not end what serves.
  output.on("error", () => undefined);
  const reopen = () => output.reopen();
  if (target !== "stdout") process.on("SIGHUP", reopen);
  return {
    write: (line) => void output.write(line),
    close() {
      process.off("SIGHUP", reopen);
      output.flushSync();
      output.end();
    },
  };
}
