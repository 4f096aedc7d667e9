import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../../packages/core/src/index.ts";
import type { Berth } from "./berth.ts";
import { until } from "./until.ts";

/** Requests that flow one after the other, in a few lanes at once. */
export interface Traffic {
  /** Bodies of good answers, in the order of their first coming. */
  seen(): string[];
  /** How many were answered well. */
  count(): number;
  /** Ends it, and tells what was not answered well. */
  stop(): Promise<string[]>;
}

/** Ends it, and expects that it flowed and that nobody was answered badly. */
export async function expectUnharmed(traffic: Traffic): Promise<void> {
  // What was done meanwhile may have taken less time than as many requests.
  await until("more than a few requests were answered", () => traffic.count() > 20);
  assert.deepEqual(await traffic.stop(), []);
}

const lanes = 4;
const pauseMs = 10;

/** Asks an app all the time. Where the server may be `away`, what cannot be sent to it, or is cut off by its end, is no failure. */
export function startTraffic(berth: Pick<Berth, "get">, host: string, { away = false } = {}): Traffic {
  const seen = new Set<string>();
  const failures: string[] = [];
  let count = 0;
  const over = new AbortController();
  const isServerGone = (error: unknown) =>
    ["ECONNREFUSED", "ECONNRESET", "EPIPE"].some((code) => hasCode(error, code)) ||
    (error instanceof Error && error.message === "aborted");

  async function flow(): Promise<void> {
    while (!over.signal.aborted) {
      try {
        const { status, body } = await berth.get(host);
        if (status === 200) seen.add(body);
        else failures.push(`${status} ${body.slice(0, 200)}`);
        count += 1;
      } catch (error) {
        if (!away || !isServerGone(error)) failures.push(String(error));
      }
      await sleep(pauseMs);
    }
  }

  const flowing = Array.from({ length: lanes }, flow);
  return {
    seen: () => [...seen],
    count: () => count,
    async stop() {
      over.abort();
      await Promise.all(flowing);
      return failures;
    },
  };
}
