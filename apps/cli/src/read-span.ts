import { parseDurationMs, type SpanBounds, writtenDuration } from "@berth/core/light";
import { usageError } from "./framework/usage-error.ts";

/** A span of time of the command line, in ms; null where it is not given. Throws `input.invalid`, also where it is shorter or longer than may be. */
export function readSpan(option: string, text: string | undefined, { minMs, maxMs }: SpanBounds): number | null {
  if (text === undefined) return null;
  const ms = parseDurationMs(text);
  const example = `Such as: ${option} 12h`;
  if (ms === null) throw usageError(`${option} ${text} is no span of time.`, `${example}, ${option} 3d`);
  if (ms >= minMs && ms <= maxMs) return ms;
  const bounds = `from ${writtenDuration(minMs)} to ${writtenDuration(maxMs)}`;
  throw usageError(`${option} ${text} is not ${bounds}.`, example);
}
