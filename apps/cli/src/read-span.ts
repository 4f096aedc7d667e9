import { parseDurationMs } from "@berth/core/light";
import { usageError } from "./framework/usage-error.ts";

/** A span of time of the command line, in ms; null where it is not given. Throws `input.invalid`. */
export function readSpan(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseDurationMs(text);
  if (ms !== null && ms > 0) return ms;
  throw usageError(`${option} ${text} is no span of time.`, `Such as: ${option} 12h, ${option} 30d`);
}
