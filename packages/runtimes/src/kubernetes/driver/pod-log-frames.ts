import { parseTime } from "@berth/docker";
import type { CopiedFrame } from "../../logs/copied-log.ts";

const lineEnd = 0x0a;
const space = 0x20;
/** More than the longest time that begins a line, in bytes. */
const timeBytes = 64;

/**
 * Takes lines of `2026-11-23T19:13:18.172492557Z text` apart as they come in. A line that never ends is passed on in pieces of one time: it
 * would fill the memory. What begins with no time is left out.
 */
export function makePodLogFrames(): (chunk: Buffer) => CopiedFrame[] {
  /** The beginning of a line whose time is not whole yet. */
  let begun: Buffer = Buffer.alloc(0);
  /** Of the line that goes on; null where it has none. */
  let time: ReturnType<typeof parseTime> = null;
  let isWithinLine = false;

  return (chunk) => {
    const frames: CopiedFrame[] = [];
    let rest = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    begun = Buffer.alloc(0);
    while (rest.length > 0) {
      const end = rest.indexOf(lineEnd) + 1;
      let content = end === 0 ? rest : rest.subarray(0, end);
      rest = rest.subarray(content.length);
      if (!isWithinLine) {
        const timeEnd = content.subarray(0, timeBytes).indexOf(space);
        if (timeEnd === -1 && end === 0 && content.length < timeBytes) {
          begun = content;
          break;
        }
        time = parseTime(content.toString("latin1", 0, Math.max(0, timeEnd)));
        content = content.subarray(timeEnd + 1);
      }
      isWithinLine = end === 0;
      if (time !== null && content.length > 0) frames.push({ stream: "stdout", ...time, content });
    }
    return frames;
  };
}
