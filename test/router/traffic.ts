import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../support/berth.ts";

export interface Traffic {
  /** How many were answered so far. */
  count(): number;
  /** Ends it, and returns what was not answered with 200. */
  stop(): Promise<string[]>;
}

/** A quick request and a slow one: what is slow is under way while routes change. */
const quickAndSlow = ["/", "/slow"];

/** Requests for each of these paths through each of these doors, one after the other without a pause, until it is stopped. */
export function startTraffic(
  doors: readonly ((path: string) => Promise<Pick<Answer, "status" | "body">>)[],
  paths: readonly string[] = quickAndSlow,
): Traffic {
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
  const running = doors.flatMap((door) => paths.map((path) => run(door, path)));
  return {
    count: () => count,
    async stop() {
      over.abort();
      await Promise.all(running);
      return failures;
    },
  };
}
