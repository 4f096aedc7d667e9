import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../support/berth.ts";

export interface Traffic {
  /** How many were answered so far. */
  count(): number;
  /** Ends it, and returns what was not answered with 200. */
  stop(): Promise<string[]>;
}

/** Requests through each of these, one after the other without a pause, until it is stopped. */
export function startTraffic(doors: readonly ((path: string) => Promise<Answer>)[]): Traffic {
  const failures: string[] = [];
  let count = 0;
  const over = new AbortController();
  const run = async (door: (typeof doors)[number], path: string) => {
    while (!over.signal.aborted) {
      const answer = await door(path).catch((error: unknown) => ({ status: 0, body: String(error) }));
      count += 1;
      if (answer.status !== 200) failures.push(`${answer.status} ${answer.body.slice(0, 300)}`);
      await sleep(2);
    }
  };
  // A quick one and a slow one each: what is slow is under way while routes change.
  const running = doors.flatMap((door) => [run(door, "/"), run(door, "/slow")]);
  return {
    count: () => count,
    async stop() {
      over.abort();
      await Promise.all(running);
      return failures;
    },
  };
}
