import type { Clock, Operation, StartedOperation } from "@berth/core";
import { z } from "zod";

/** How long an answer may wait for the operation that it started. */
export const waitQuery = z.strictObject({
  wait: z.coerce
    .number<string | number>()
    .int()
    .min(0)
    .max(120)
    .default(0)
    .describe("Answer 200 when the operation has ended, if that is within this many seconds; 202 otherwise"),
});

/** The operation as it is when it has ended, or after `seconds` as it was started. */
export async function waitFor(started: StartedOperation, seconds: number, clock: Clock): Promise<Operation> {
  if (seconds === 0) return started.operation;
  const timer = new AbortController();
  const tooLong = clock.sleep(seconds * 1000, timer.signal).then(() => started.operation);
  try {
    return await Promise.race([started.done, tooLong]);
  } finally {
    timer.abort();
  }
}
