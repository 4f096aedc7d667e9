import type { WakeProgress } from "@berth/core";

/** What a Server-Timing header says of an answer that waited: how long, and what the start took as far as that is known. Names begin with `wake`, as an app may use any other. */
export function makeServerTiming(waitedMs: number, waking: WakeProgress | null): string {
  const phases = (waking?.phases ?? []).map(({ phase, durationMs }) => `wake-${phase};dur=${Math.round(durationMs)}`);
  return [`wake;dur=${Math.round(waitedMs)}`, ...phases].join(", ");
}
