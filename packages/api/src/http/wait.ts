import type { Clock, Operation, StartedOperation } from "@berth/core";
import type { Context } from "hono";
import { z } from "zod";
import type { ApiEnv } from "../deps.ts";

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

/** Answers with an operation: 200 when it has ended, or after `seconds` 202 with it as it was started. */
export async function answerOperation(
  c: Pick<Context<ApiEnv>, "json">,
  started: StartedOperation,
  seconds: number,
  clock: Clock,
) {
  const operation = await waitFor(started, seconds, clock);
  return operation.state === "running" ? c.json(operation, 202) : c.json(operation, 200);
}

async function waitFor(started: StartedOperation, seconds: number, clock: Clock): Promise<Operation> {
  if (seconds === 0) return started.operation;
  const timer = new AbortController();
  const tooLong = clock.sleep(seconds * 1000, timer.signal).then(() => started.operation);
  try {
    return await Promise.race([started.done, tooLong]);
  } finally {
    timer.abort();
  }
}
